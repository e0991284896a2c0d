<?php
/**
 * Where a file of the uploads folder lies in the bucket. Anybody may read the objects below `uploads/`,
 * nobody those below `private/` (the policy that the reconciler sets): a mistake in nginx or PHP then
 * shows no private file.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas\S3;

final class Place
{
    public const OPEN = 'uploads';
    public const CLOSED = 'private';
    /** For files that only members may read; plugins may use it as they like. */
    public const MEMBERS = 'private';
    /** Where WordPress puts reports about one person: for whoever has the link. */
    public const REPORTS = 'wp-personal-data-exports';
    /**
     * Folders below uploads that are not public. Beside the two above, those of plugins that keep
     * orders, forms and logs there, behind an .htaccess that nginx does not know: the plugin itself
     * hands such files out. nginx has the same list (site.conf).
     */
    public const FOLDERS = [self::MEMBERS, self::REPORTS, 'woocommerce_uploads', 'wc-logs', 'edd',
        'dlm_uploads', 'gravity_forms', 'wpcf7_uploads', 'ninja-forms', 'backups'];

    /** The object of a path `s3://uploads/…`. */
    public static function key(string $path): string
    {
        $key = trim((string) preg_replace('~/+~', '/', substr($path, strlen('s3://'))), '/');
        $parts = explode('/', $key, 3);
        return $parts[0] === self::OPEN && in_array($parts[1] ?? '', self::FOLDERS, true)
            ? self::CLOSED . substr($key, strlen(self::OPEN))
            : $key;
    }
}
