"""One running product for all tests that only use it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.launcher import Product

PASSWORD = "shared-Pass-123"


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    made = Product(tmp_path_factory.mktemp("product"), ADMIN_USERNAME="admin", ADMIN_PASSWORD=PASSWORD)
    try:
        made.wait_ready()
        made.sign_in(PASSWORD)
        yield made
    finally:
        made.stop()
