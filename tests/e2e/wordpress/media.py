"""Uploads to one webhead or the other, by an author whose session all of them know."""

import base64
import json
from dataclasses import dataclass
from typing import Any

from lab import Lab

from demo.engines import Webhead

# One form to a webhead, from inside of it, as its edge would pass it on.
SEND = (
    "[$host, $path, $headers, $fields, $name, $type, $content] = json_decode(file_get_contents('php://stdin'), true);"
    "if ($name !== null) { $file = tempnam('/tmp', 'form'); file_put_contents($file, base64_decode($content));"
    " $fields['file'] = new CURLFile($file, $type, $name); }"
    "$c = curl_init('http://127.0.0.1:8080' . $path); curl_setopt_array($c, [CURLOPT_POSTFIELDS => $fields,"
    " CURLOPT_HTTPHEADER => ['Host: ' . $host, 'Expect:', ...$headers], CURLOPT_PROXY => '',"
    " CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 60]);"
    "$text = curl_exec($c); if ($name !== null) { unlink($file); }"
    "echo json_encode([curl_getinfo($c, CURLINFO_RESPONSE_CODE), (string) $text]);"
)
DRAW = (
    "$i = imagecreatetruecolor(1600, 1200); for ($k = 0; $k < 60; $k++) { imagefilledellipse($i,"
    " rand(0, 1600), rand(0, 1200), 300, 300, rand(0, 16777215)); } image%s($i, '/tmp/drawn');"
    "echo base64_encode(file_get_contents('/tmp/drawn')); unlink('/tmp/drawn');"
)
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
# Half of a file, and then no more: to a webhead, by its length alone, and from there to the store.
HALF = (
    "$s = fsockopen('127.0.0.1', 8080); [$host, $cookie, $nonce] = json_decode(file_get_contents('php://stdin'));"
    'fwrite($s, "POST /wp-json/wp/v2/media HTTP/1.1\\r\\nHost: $host\\r\\nCookie: $cookie\\r\\nX-WP-Nonce: $nonce\\r\\n'
    'Content-Type: image/jpeg\\r\\nContent-Disposition: attachment; filename=NAME.jpg\\r\\nContent-Length: 4000000\\r\\n\\r\\n"'
    " . str_repeat('x', 2000000)); touch('/tmp/half'); sleep(60);"
)

ANNOUNCED = (
    "[$host, $size] = json_decode(file_get_contents('php://stdin')); $s = fsockopen('127.0.0.1', 8080);"
    'fwrite($s, "POST /wp-admin/async-upload.php HTTP/1.1\\r\\nHost: $host\\r\\nContent-Length: $size\\r\\n'
    'Connection: close\\r\\n\\r\\nx"); echo stream_get_contents($s);'
)
HALF_PUT = (
    "$c = Wpaas\\configuration(); $endpoint = $c->text('store.endpoint'); $at = parse_url($endpoint);"
    "$path = Wpaas\\S3\\Signer::encode_path('/' . $c->text('store.bucket') . '/uploads/' . gmdate('Y/m') . '/NAME.jpg');"
    "$hash = hash('sha256', str_repeat('x', 4000000)); $headers = ['Host' => \"{$at['host']}:{$at['port']}\","
    " 'x-amz-date' => gmdate('Ymd\\THis\\Z'), 'x-amz-content-sha256' => $hash];"
    "$signer = new Wpaas\\S3\\Signer($c->secret('store_access_key'), $c->secret('store_secret_key'), $c->text('store.region'));"
    "$headers['Authorization'] = $signer->authorization('PUT', $path, [], $headers, $hash);"
    "$s = fsockopen($at['host'], $at['port']); fwrite($s, \"PUT $path HTTP/1.1\\r\\nContent-Length: 4000000\\r\\n\");"
    'foreach ($headers as $n => $v) { fwrite($s, "$n: $v\\r\\n"); }'
    "fwrite($s, \"\\r\\n\" . str_repeat('x', 2000000)); touch('/tmp/half'); sleep(60);"
)


@dataclass
class Desk:
    """An administrator at work on a site."""

    lab: Lab
    cookie: str
    nonce: str

    def send(self, webhead: Webhead, name: str, content: bytes, kind: str) -> tuple[int, Any]:
        """Status and answer of WordPress to a new file for the media library."""
        headers = [f"Cookie: {self.cookie}", f"X-WP-Nonce: {self.nonce}"]
        path = "/wp-json/wp/v2/media"
        sent = [self.lab.host, path, headers, {}, name, kind, base64.b64encode(content).decode()]
        status, text = json.loads(self.lab.run(webhead, "php", "-r", SEND, stdin=json.dumps(sent)))
        return status, json.loads(text) if text.startswith("{") else text

    def upload(self, webhead: Webhead, name: str, content: bytes, kind: str) -> dict[str, Any]:
        """As send; what became of it. Raises AssertionError where it was refused."""
        status, answer = self.send(webhead, name, content, kind)
        assert status == 201, answer
        made: dict[str, Any] = answer
        return made

    def drawn(self, webhead: Webhead, kind: str) -> bytes:
        """A picture of 1600 x 1200 points, as GD writes this kind."""
        return base64.b64decode(self.lab.run(webhead, "php", "-r", DRAW % kind))

    def path(self, address: str) -> str:
        """An address of the site without scheme and host."""
        assert address.startswith(f"http://{self.lab.host}/"), address
        return address.removeprefix(f"http://{self.lab.host}")

    def delete(self, webhead: Webhead, media: int) -> None:
        """Out of the library, with every size."""
        self.lab.php(webhead, f"wp_delete_attachment({media}, true);")


def desk(lab: Lab) -> Desk:
    """A new session."""
    author = lab.author()
    nonce = author.get("/wp-admin/admin-ajax.php?action=rest-nonce").text.strip()
    return Desk(lab, author.cookie, nonce)
