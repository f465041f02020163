"""Credentials in Django's admin: to see that they are there, never what they hold."""

from __future__ import annotations

from django.contrib import admin

from apps.accounts.admin import ReadOnly

from .models import BaseCredential


@admin.register(BaseCredential)
class CredentialAdmin(ReadOnly):
    list_display = ("name", "credential_type", "created_by", "created_at", "updated_at", "key_id")
    list_filter = ("credential_type",)
    list_select_related = ("created_by",)
    fields = ("name", "credential_type", "created_by", "created_at", "updated_at", "key_id")
