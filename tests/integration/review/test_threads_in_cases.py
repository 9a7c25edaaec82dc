"""A thread started in one of Django's test cases leaves nothing behind and breaks nothing."""

from __future__ import annotations

import threading
import unittest

from django.test import TestCase

from tenancy.context import tenant_scope
from tenancy.testing.database import TestTenants, tenants
from tenancy.testing.scopes import outside
from tests.foreign.shop.models import Tag
from tests.integration.tenancy.marks import stored


def work() -> None:
    with tenant_scope(tenants.default):
        Tag.objects.create(label="thread")


class _Threads(TestCase):
    def test_one_thread(self) -> None:
        Tag.objects.create(label="case")
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert [tag.label for tag in Tag.objects.all()] == ["case"]

    def test_another_after_it(self) -> None:
        assert list(Tag.objects.all()) == []


def test_case_with_a_thread_is_rolled_back_whole(committed: TestTenants) -> None:
    result = unittest.TestResult()
    with outside():
        unittest.defaultTestLoader.loadTestsFromTestCase(_Threads).run(result)

    assert (result.errors, result.failures, result.testsRun) == ([], [], 2)
    assert stored(committed.default) == []
