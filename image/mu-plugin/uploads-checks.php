<?php
/**
 * What is refused before it is stored, each time in words for an author: programs under any name, pictures
 * that would not fit into memory, archives that write outside of their folder.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

/** Endings of programs. Anywhere in a name: shell.php.jpg is run by servers that are set up badly. */
const PROGRAMS = '~\.(php\d*|phtml|phar|phps|pht|cgi|aspx?|jspx?|exe|bat|cmd|dll|htaccess|htpasswd)(\.|$)~i';
/** Bytes that GD takes for a pixel, with a little for its rows. */
const PIXEL_BYTES = 4.2;
/** Never more, whatever the memory: decoding and all sizes must end within a request's 20 s. */
const PIXELS_MOST = 100_000_000;
/** Megabytes of a webhead that are not there for one picture: MEMORY_BESIDE_MB of prepare.php, and two children. */
const MEMORY_TAKEN_MB = 64 + 48 + 24 + 2 * 40;

/** The largest picture that this site works with, in pixels. */
function pixels_allowed(): int
{
    $free_mb = max(32, configuration()->number('limits.memory_mb') - MEMORY_TAKEN_MB);
    return min(PIXELS_MOST, (int) ($free_mb * 1024 * 1024 / PIXEL_BYTES));
}

/** Why a picture is too large, by what its first bytes say of it; null for others and what is no picture. */
function pixel_problem(string $file): ?string
{
    $size = @wp_getimagesize($file);
    if ($size === false || $size[0] * $size[1] <= pixels_allowed()) {
        return null;
    }
    return sprintf(
        'This picture is too large: %s × %s points are %s megapixels, and this site takes up to %s.'
            . ' Please make it smaller and upload it again.',
        number_format_i18n($size[0]),
        number_format_i18n($size[1]),
        number_format_i18n($size[0] * $size[1] / 1e6),
        number_format_i18n(floor(pixels_allowed() / 1e6))
    );
}

/** Whether a file has PHP in it, read piece by piece. */
function has_code(string $file): bool
{
    $stream = fopen($file, 'rb');
    $end = '';
    while (!feof($stream)) {
        $text = $end . fread($stream, 1 << 20);
        if (stripos($text, '<?php') !== false) {
            return true;
        }
        $end = substr($text, -4);   // the mark may lie across two pieces
    }
    return false;
}

/** Why a file is not taken, or null. @param array<string, mixed> $file as in $_FILES */
function upload_problem(array $file): ?string
{
    $limit = configuration()->number('limits.upload_mb');
    $name = (string) ($file['name'] ?? '');
    $local = (string) ($file['tmp_name'] ?? '');
    return match (true) {
        in_array($file['error'] ?? 0, [UPLOAD_ERR_INI_SIZE, UPLOAD_ERR_FORM_SIZE], true) => too_large($limit),
        preg_match(PROGRAMS, $name) === 1 => "\"$name\" is named like a program. This site takes pictures, documents,"
            . ' sound and video. Please rename the file if it is one of these.',
        $local === '' || !is_file($local) => null,
        default => pixel_problem($local) ?? (str_starts_with((string) wp_get_image_mime($local), 'image/') && has_code($local)
            ? 'There is a program inside this picture. Please save it anew with a picture editor and upload that.'
            : null),
    };
}

function too_large(int $limit_mb): string
{
    return "This file is too large: this site takes files of up to $limit_mb MB.";
}

$check = static function (array $file): array {
    $problem = upload_problem($file);
    if ($problem !== null) {
        $file['error'] = $problem;   // a text here is shown as it is
    }
    return $file;
};
add_filter('wp_handle_upload_prefilter', $check, 1);
add_filter('wp_handle_sideload_prefilter', $check, 1);

// WordPress leaves such entries out and says nothing.
add_filter('pre_unzip_file', static function (mixed $done, string $file): mixed {
    $archive = new \ZipArchive();
    if ($done !== null || $archive->open($file) !== true) {
        return $done;
    }
    for ($number = 0; $number < $archive->numFiles; $number++) {
        $name = (string) $archive->getNameIndex($number);
        if (validate_file($name) !== 0 || str_contains($name, '\\')) {
            return new \WP_Error('wpaas_outside', "This archive would write outside of its folder (\"$name\"). Nothing was unpacked.");
        }
    }
    return null;
}, 10, 2);
