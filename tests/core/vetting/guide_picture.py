"""Makes docs/vetting-report.png, the picture of the guide's report, with a headless Chromium:

    .venv/bin/python tests/core/vetting/guide_picture.py

The picture says of which report it is, so that a test can tell when it has to be made again.
"""

import hashlib
import os
import struct
import subprocess
import sys
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PICTURE = ROOT / "docs" / "vetting-report.png"
PACKAGES = "tests/core/vetting/event-list"
SIZE = "1040,1256"
COLOURS = 64
KEY = b"report"


def vetted(cache: Path, *words: str) -> str:
    """What `wpaas plugin vet` says of the guide's package, no engine known."""
    done = subprocess.run(
        [
            *(str(ROOT / ".venv/bin/wpaas"), "plugin", "vet", f"{PACKAGES}/3.10"),
            *(
                "--slug",
                "event-list",
                "--against",
                f"{PACKAGES}/3.9",
                "--cache",
                str(cache),
                *words,
            ),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "WPAAS_CONTEXT": str(cache / "none")},
    )
    assert (done.returncode, done.stderr) == (1, "")
    return done.stdout


def first_screen(cache: Path) -> str:
    """The text of the first screen, which the guide shows."""
    return vetted(cache).split("\n\n", maxsplit=1)[0]


def named(screen: str) -> str:
    """How a picture names the report that it is of."""
    return hashlib.sha256(screen.encode()).hexdigest()


def name_in(png: bytes) -> str:
    """The report that a picture is of, "" where it says none."""
    texts = [body for kind, body in chunks(png) if kind == b"tEXt"]
    return next((b.partition(b"\0")[2].decode() for b in texts if b.startswith(KEY + b"\0")), "")


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of a PNG's parts."""
    at = 8
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at : at + 8])
        yield kind, png[at + 8 : at + 8 + size]
        at += 12 + size


def small(png: bytes, name: str) -> bytes:
    """The same picture in few colours. Chromium's are of 8 bits, three or four to a dot, not interlaced."""
    parts = list(chunks(png))
    head = parts[0][1]
    width, _, _, colour = struct.unpack(">IIBB", head[:10])
    step = {2: 3, 6: 4}[colour]
    lines = unfiltered(
        zlib.decompress(b"".join(b for k, b in parts if k == b"IDAT")), width * step, step
    )
    dots = [[bytes(line[at : at + 3]) for at in range(0, len(line), step)] for line in lines]
    count = Counter(dot for line in dots for dot in line)
    chosen = [dot for dot, _ in count.most_common(COLOURS)]
    nearest = {
        dot: min(range(len(chosen)), key=lambda n: sum((a - b) ** 2 for a, b in zip(dot, chosen[n], strict=True)))
        for dot in count
    }  # fmt: skip
    packed = zlib.compress(
        b"".join(b"\0" + bytes(nearest[dot] for dot in line) for line in dots), 9
    )
    made = [
        (b"IHDR", head[:9] + b"\x03\0\0\0"),
        (b"PLTE", b"".join(chosen)),
        (b"tEXt", KEY + b"\0" + name.encode()),
        (b"IDAT", packed),
        (b"IEND", b""),
    ]
    return png[:8] + b"".join(
        struct.pack(">I", len(b)) + k + b + struct.pack(">I", zlib.crc32(k + b)) for k, b in made
    )


def unfiltered(data: bytes, width: int, step: int) -> Iterator[bytes]:
    """Lines of a PNG (11.2.4 and 9.2 of its specification)."""
    above = bytearray(width)
    for start in range(0, len(data), width + 1):
        line = bytearray(data[start + 1 : start + 1 + width])
        for n in range(width):
            a, b = (line[n - step] if n >= step else 0), above[n]
            c = above[n - step] if n >= step else 0
            paeth = min((a, b, c), key=lambda one: abs(a + b - c - one))
            line[n] = (line[n] + (0, a, b, (a + b) // 2, paeth)[data[start]]) & 255
        above = line
        yield bytes(line)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder)
        (at / "report.html").write_text(vetted(at, "--format", "html"), encoding="utf-8")
        options = ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")
        subprocess.run(
            ["chromium", *options, f"--user-data-dir={at / 'profile'}", f"--window-size={SIZE}",
             f"--screenshot={at / 'page.png'}", (at / "report.html").as_uri()],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
        PICTURE.write_bytes(small((at / "page.png").read_bytes(), named(first_screen(at))))
    sys.stdout.write(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
