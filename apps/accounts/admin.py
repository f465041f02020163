"""Accounts in Django's admin. Keys and the audit log can be read there, not changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from .models import APIKey, AuditEntry, UserProfile

if TYPE_CHECKING:
    People = UserAdmin[UserProfile]
    Rows = admin.ModelAdmin[Any]
else:
    People = UserAdmin
    Rows = admin.ModelAdmin


class ReadOnly(Rows):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(UserProfile)
class UserProfileAdmin(People):
    """To look at. Accounts change by the API, where the last admin is kept and all is audited; passwords here too."""

    list_display = ("username", "role", "is_active", "is_agent", "last_login")
    list_filter = ("role", "is_active", "is_agent")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email", "timezone")}),
        ("Rights", {"fields": ("role", "is_active", "is_agent")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("role", "is_active", "is_agent", "last_login", "date_joined")
    filter_horizontal = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(APIKey)
class APIKeyAdmin(ReadOnly):
    list_display = ("prefix", "name", "user", "created_at", "expires_at", "last_used_at", "revoked_at")
    exclude = ("digest",)
    list_select_related = ("user",)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly):
    list_display = ("at", "actor", "action", "object")
    list_filter = ("action",)
