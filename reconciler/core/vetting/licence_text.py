"""A licence by what stands in comments and licence files, where no header names one."""

import re
from collections.abc import Mapping

from reconciler.core.layers import File

_IDENTIFIER = re.compile(r"SPDX-License-Identifier:[ \t]*([^\n*]{1,120}?)[ \t]*(?:\*/|$)", re.M)
_FILE = re.compile(r"(?:gpl[-.\d]*|licen[sc]e[-.\w]*|copying)(?:\.(?:txt|md))?", re.I)
_HEAD_BYTES = 4096
_TEXTS = (
    (r"gnu affero general public licen[sc]e.{0,400}?version 3", "AGPL-3.0-only"),
    (r"gnu lesser general public licen[sc]e.{0,400}?version 3", "LGPL-3.0-only"),
    (r"gnu lesser general public licen[sc]e.{0,400}?version 2\.1", "LGPL-2.1-only"),
    (r"gnu general public licen[sc]e.{0,400}?version 3", "GPL-3.0-only"),
    (r"gnu general public licen[sc]e.{0,400}?version 2", "GPL-2.0-only"),
    (r"apache licen[sc]e,? version 2", "Apache-2.0"),
    (r"permission is hereby granted, free of charge", "MIT"),
    (r"redistribution and use in source and binary forms.{0,900}neither the name", "BSD-3-Clause"),
    (r"redistribution and use in source and binary forms", "BSD-2-Clause"),
    (r"mozilla public licen[sc]e,? (?:version |v\. ?)2", "MPL-2.0"),
)


def licence_in(head: str, files: Mapping[str, File]) -> str:
    """The licence that the start of the main file, or a licence file at the top, shows; "" for none."""
    identifier = _IDENTIFIER.search(head)
    if identifier:
        return identifier[1]
    noticed = _recognised(head)
    if noticed:
        return noticed
    for path in sorted(files):
        if _FILE.fullmatch(path):
            named = _recognised(files[path].data[:_HEAD_BYTES].decode("utf-8", "replace"))
            if named:
                return named
    return ""


def _recognised(text: str) -> str:
    plain = " ".join(re.sub(r"[*#/]", " ", text).lower().split())
    for pattern, name in _TEXTS:
        if re.search(pattern, plain):
            later = bool(re.search(r"any later version", plain)) and "GPL" in name
            return name.replace("-only", "-or-later") if later else name
    return ""
