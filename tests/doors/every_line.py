"""A project with three lines that has also copied every line of how-to-adopt.md."""

from __future__ import annotations

import re
from pathlib import Path

from tests.doors.three_lines import *  # noqa: F403 -- settings build on settings
from tests.doors.three_lines import SHARED_APPS as _SHARED
from tests.doors.three_lines import TENANCY as _TENANCY
from tests.doors.three_lines import TENANT_APPS as _TENANT

_page = Path(__file__).parents[2] / "tenancy" / "docs" / "how-to-adopt.md"
_chapter = _page.read_text().partition("## Close the doors")[2]
_lines = re.search(r"^```python\n(.*?)^```", _chapter, re.DOTALL | re.MULTILINE)
assert _lines is not None, "how-to-adopt.md has no lines for the doors"

TENANCY = dict(_TENANCY)
TENANT_APPS = list(_TENANT)
exec(_lines[1])  # noqa: S102 -- our own page
INSTALLED_APPS = [*_SHARED, *(app for app in TENANT_APPS if app not in _SHARED)]

# What the page says of urls.py and of a project's own modules.
del MEDIA_URL  # noqa: F821 -- of the settings above
ROOT_URLCONF = "tests.doors.every_line_urls"
TENANCY["EMAIL_SENDER"] = "tests.doors.every_line_urls.sender"
TENANCY["PROCESSORS"]["openai"]["credentials"] = "tests.doors.every_line_urls.sender"
