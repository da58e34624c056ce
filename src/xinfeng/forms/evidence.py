"""What somebody had before her eyes when she agreed, as text with a digest.

The digest covers the published design, the language, and the words of every notice behind a box in it. All of them
are kept for good (versions and notices never change), so that the digest can be made again years later.
"""

from __future__ import annotations

import hashlib
import json

from xinfeng.consent.models import Notice
from xinfeng.forms.models import FormVersion


def snapshot(version: FormVersion, language: str) -> str:
    """The page's content as JSON, keys in order."""
    ids = {box["notices"].get(language) for box in version.design.get("boxes", ())} - {None}
    notices = {
        str(one.pk): {"key": one.key, "version": one.version, "purpose": one.purpose, "text": one.text}
        for one in Notice.objects.filter(pk__in=ids)
    }
    content = {
        "form_version": version.pk,
        "number": version.number,
        "language": language,
        "design": version.design,
        "notices": notices,
    }
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(version: FormVersion, language: str) -> bytes:
    """SHA-256 of the snapshot."""
    return hashlib.sha256(snapshot(version, language).encode()).digest()
