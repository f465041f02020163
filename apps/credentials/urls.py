"""credentials/."""

from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from .api import Credentials

router = SimpleRouter(use_regex_path=False)
router.register("credentials", Credentials, basename="credential")

urlpatterns = [path("", include(router.urls))]
