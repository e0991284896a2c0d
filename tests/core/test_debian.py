"""Debian's records, as dpkg writes them."""

from reconciler.core.debian import Installed, installed, licences

STATUS = """\
Package: nginx
Status: install ok installed
Architecture: amd64
Version: 1.26.3-3+deb13u1
Description: small, powerful
 Homepage: not a field
 .

Package: libgd3
Status: install ok installed
Source: libgd2 (2.3.3-13)
Architecture: amd64
Version: 2.3.3-13+b1

Package: gone
Status: deinstall ok config-files
Architecture: all
Version: 1
"""
COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Files: *
License: BSD-2-clause
 Text.

Files: debian/*
License: GPL-2+

License: BSD-2-clause
 Again.
"""


def test_installed_packages_are_read_with_their_licences() -> None:
    assert installed(STATUS, {"nginx": COPYRIGHT}) == (
        Installed(name="libgd3", version="2.3.3-13+b1", architecture="amd64", source="libgd2"),
        Installed(name="nginx", version="1.26.3-3+deb13u1", architecture="amd64", source="nginx",
                  licences=("BSD-2-clause", "GPL-2+")),
    )  # fmt: skip


def test_a_copyright_file_for_people_names_no_licence() -> None:
    assert licences("This is free software.\nLicense: whatever you like\n") == ()
