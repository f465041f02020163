"""auth/ and users/."""

from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from . import api, api_users

router = SimpleRouter(use_regex_path=False)
router.register("auth/me/keys", api.MyKeys, basename="my-key")
router.register("users/agents", api_users.Agents, basename="agent")
router.register("users/<int:user_id>/keys", api_users.UserKeys, basename="user-key")
router.register("users", api_users.Users, basename="user")

urlpatterns = [
    path("auth/setup-status/", api.SetupStatusView.as_view(), name="setup-status"),
    path("auth/setup/", api.SetupView.as_view(), name="setup"),
    path("auth/token/", api.TokenView.as_view(), name="token"),
    path("auth/logout/", api.LogoutView.as_view(), name="logout"),
    path("auth/ws-ticket/", api.WsTicketView.as_view(), name="ws-ticket"),
    path("auth/me/", api.MeView.as_view(), name="me"),
    path("auth/me/telegram/", api.MyTelegramView.as_view(), name="my-telegram"),
    path("", include(router.urls)),
]
