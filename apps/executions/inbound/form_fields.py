"""A form page's fields: Django's form fields made of the questions of a trigger's JSON Schema, and the payload made of
what was filled in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django import forms

from apps.workflows.components import _json_schema as json_schema
from apps.workflows.components.triggers._form_schema import Question, questions

LONGEST_TEXT = 10_000
"""Characters of a text whose schema has no maxLength."""


FAULTS: Mapping[str, str] = {
    "pattern": "This is not in the form that is asked for.",
    "exclusiveMinimum": "Ensure this value is greater than {}.",
    "exclusiveMaximum": "Ensure this value is less than {}.",
    "multipleOf": "Ensure this value is a multiple of {}.",
    "minItems": "Choose at least {}.",
    "maxItems": "Choose at most {}.",
    "const": "This must be {}.",
}
"""What people are told, by keyword of JSON Schema; other keywords tell it themselves."""


class TextField(forms.CharField):
    """Lines end as browsers count them (one character), not as they send them (two)."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(value.replace("\r\n", "\n") if isinstance(value, str) else value)


class SchemaForm(forms.Form):
    """The form of one JSON Schema; `payload` is what was filled in, once it is valid."""

    error_css_class = "wrong"

    def __init__(self, schema: Mapping[str, Any], data: Any = None) -> None:
        super().__init__(data)
        self.schema = schema
        self.payload: dict[str, Any] = {}
        self._questions = questions(schema)
        for question in self._questions:
            self.fields[question.name] = MAKERS[question.kind](question, _common(question))

    def clean(self) -> dict[str, Any]:
        """Django's own checks have passed or failed by now; the schema has the last word on what passed them."""
        given = super().clean() or self.cleaned_data
        self.payload = {q.name: value for q in self._questions if (value := _value(q, given)) is not None}
        for misfit in json_schema.misfits(self.schema, self.payload):
            name = misfit.path[0] if misfit.path and misfit.path[0] in self.fields else None
            if name not in self.errors and not (misfit.keyword == "required" and self.errors):
                told = FAULTS.get(misfit.keyword)
                self.add_error(name, told.format(misfit.wanted) if told else misfit.message)
        return given


def _value(question: Question, given: Mapping[str, Any]) -> Any:
    """As JSON; None for what was left empty."""
    value = given.get(question.name)
    if question.kind == "checkbox":
        return bool(value)
    if value in (None, "", []):
        return None
    stored = {str(option): option for option, _ in question.options}
    if question.kind == "choice":
        return stored[value]
    if question.kind == "choices":
        return [stored[one] for one in value]
    return value.isoformat() if isinstance(value, dt.date) else value


def _common(question: Question) -> dict[str, Any]:
    return {
        "label": question.label,
        "help_text": question.help,
        "required": question.required,
        "initial": question.default,
    }


def _text(widget: forms.Widget | type[forms.Widget]) -> Callable[[Question, dict[str, Any]], forms.Field]:
    def make(question: Question, common: dict[str, Any]) -> forms.Field:
        longest = int(question.schema.get("maxLength", LONGEST_TEXT))
        shortest = int(question.schema.get("minLength", 0)) or None
        return TextField(max_length=longest, min_length=shortest, widget=widget, **common)

    return make


def _number(kind: type[forms.IntegerField]) -> Callable[[Question, dict[str, Any]], forms.Field]:
    def make(question: Question, common: dict[str, Any]) -> forms.Field:
        schema = question.schema
        return kind(min_value=schema.get("minimum"), max_value=schema.get("maximum"), **common)

    return make


def _choices(question: Question) -> list[tuple[str, str]]:
    return [(str(value), shown) for value, shown in question.options]


def _choice(question: Question, common: dict[str, Any]) -> forms.Field:
    must = question.required and question.default is not None
    empty: Sequence[tuple[str, str]] = () if must else [("", "Choose one" if question.required else "None")]
    return forms.ChoiceField(choices=[*empty, *_choices(question)], **common)


def _several(question: Question, common: dict[str, Any]) -> forms.Field:
    return forms.MultipleChoiceField(choices=_choices(question), widget=forms.CheckboxSelectMultiple, **common)


def _date(question: Question, common: dict[str, Any]) -> forms.Field:
    return forms.DateField(widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"), input_formats=["%Y-%m-%d"], **common)


def _email(question: Question, common: dict[str, Any]) -> forms.Field:
    return forms.EmailField(widget=forms.EmailInput({"autocomplete": "email"}), **common)


def _url(question: Question, common: dict[str, Any]) -> forms.Field:
    return forms.URLField(assume_scheme="https", **common)


def _checkbox(question: Question, common: dict[str, Any]) -> forms.Field:
    return forms.BooleanField(**common)


MAKERS: Mapping[str, Callable[[Question, dict[str, Any]], forms.Field]] = {
    "text": _text(forms.TextInput),
    "textarea": _text(forms.Textarea({"rows": 5})),
    "integer": _number(forms.IntegerField),
    "number": _number(forms.FloatField),
    "choice": _choice,
    "choices": _several,
    "date": _date,
    "email": _email,
    "url": _url,
    "checkbox": _checkbox,
}
