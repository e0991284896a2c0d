<?php
/**
 * Shown by WordPress when the database is away. Never cached: it is back soon.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

http_response_code(503);
header('Content-Type: text/html; charset=utf-8');
header('Cache-Control: no-store');
header('Retry-After: 10');
?>
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Back in a moment</title></head>
<body><h1>Back in a moment</h1><p>This site cannot reach its database. Please try again shortly.</p></body></html>
