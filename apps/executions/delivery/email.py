"""email: a message by the installation's mail server (EMAIL_URL). Address: {"to": [...]}."""

from __future__ import annotations

import smtplib
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage

from apps.executions.models import Delivery
from pipelit.errors import ConfigError, PermanentError, TransientError

from . import links


class EmailChannel:
    name = "email"
    idempotent = False

    def send(self, delivery: Delivery) -> Mapping[str, Any]:
        if not settings.EMAIL_HOST:
            raise ConfigError("No mail can be sent: the operator has not set EMAIL_URL.", code="mail_unconfigured")
        to = list(delivery.address["to"])
        text = str(delivery.content.get("text") or "")
        if delivery.task is not None:
            text = f"{text}\n\nAnswer here:\n{links.answer_url(delivery.task, links.asked_of(delivery))}\n"
        name = delivery.execution.workflow.name
        subject = " ".join(str(delivery.content.get("subject") or name).split())[:200]
        # the same id for each try, so that mail systems see them as one message
        headers = {"Message-ID": f"<{delivery.pk}@pipelit>", "Auto-Submitted": "auto-generated"}
        if question := delivery.content.get("edits"):
            headers["In-Reply-To"] = f"<{question}@pipelit>"
        message = EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, to, headers=headers)
        try:
            message.send()
        except smtplib.SMTPResponseException as error:
            raise _refusal(error.smtp_code, error.smtp_error) from error
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            raise _refusal(code, said) from error
        except (smtplib.SMTPException, OSError) as error:
            raise TransientError(f"The mail server cannot be used: {error}", code="mail_error") from error
        return {"to": to}


def _refusal(code: int, said: bytes | str) -> Exception:
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    sentence = f"The mail server answered {code}: {text[:300]}"
    kind = TransientError if 400 <= code < 500 else PermanentError
    return kind(sentence, code="mail_error")
