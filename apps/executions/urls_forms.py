"""/forms/: web forms for people without an account."""

from __future__ import annotations

from django.urls import path

from .inbound.form_page import form

urlpatterns = [
    path("<slug:slug>", form, name="form-bare"),
    path("<slug:slug>/", form, name="form-root"),
    path("<slug:slug>/<path:path>", form, name="form"),
]
