<?php
/**
 * Hears what changes, and has the pages that show it purged once the author has an answer. The keys
 * are those of cache-keys.php.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

require_once '/usr/lib/wpaas/purge.php';

/** Should this process die before it has told the edges, another tells them to forget the site after this. */
const PURGE_IF_LOST_S = 30;

/** Options that no page shows, by the beginning of their names. */
const UNSEEN_OPTIONS = '~^(_transient_|_site_transient_|cron$|rewrite_rules$|wpaas_|recovery_|recently_|doing_|action_scheduler'
    . '|can_compress_scripts$|db_upgraded$|user_count$|fresh_site$|uninstall_plugins$|finished_|auto_core_|.*_lock$|adminhash$)~';

/** What of a post nobody sees. */
const UNSEEN_META = '~^(_edit_lock|_edit_last|_encloseme|_pingme|_wp_trash_|_wp_old_|_wp_desired_|_oembed_)~';

/** The site's connection, or null where WordPress has none. */
function purge_database(): ?\mysqli
{
    $connection = $GLOBALS['wpdb']->dbh ?? null;
    return $connection instanceof \mysqli ? $connection : null;
}

/**
 * Has the pages with these keys made anew, on every node; told to the edges when this request is answered.
 * `media` is every upload, `site` everything.
 */
function purge(string ...$keys): void
{
    static $waiting = [];
    static $note = null;
    $database = purge_database();
    if ($keys === [] || $database === null || wp_installing() || !purges(configuration())) {
        return;
    }
    foreach ($keys as $key) {
        $waiting[$key] = true;
    }
    if ($note !== null) {
        return;
    }
    $note = purge_note($database, 'site', PURGE_IF_LOST_S);
    add_action('shutdown', static function () use (&$waiting, &$note): void {
        $database = purge_database();
        $keys = implode(' ', array_keys($waiting));
        [$waiting, $known, $note] = [[], $note, null];
        if ($database !== null) {
            purge_correct($database, (int) $known, strlen($keys) > PURGE_KEYS_BYTES ? 'site' : $keys);
        }
    }, PHP_INT_MAX - 1);
}

/** Whether a visitor only looks: what plugins count meanwhile is no change of a page. */
function only_looking(): bool
{
    return PHP_SAPI !== 'cli' && !wp_doing_cron() && in_array($_SERVER['REQUEST_METHOD'] ?? '', ['GET', 'HEAD'], true)
        && !(did_action('plugins_loaded') && is_user_logged_in());
}

/** A post that visitors see, or saw until now. */
function purge_post(\WP_Post $post): void
{
    if (in_array($post->post_type, PARTS, true)) {
        purge('site');
    } elseif (is_post_type_viewable($post->post_type)) {
        purge("post-$post->ID", 'list', "list-$post->post_type", 'missing', 'redirect');
    }
}

/** Whether visitors see a post. */
function is_seen(\WP_Post $post): bool
{
    return in_array($post->post_type, PARTS, true) ? $post->post_status === 'publish'
        : is_post_status_viewable($post->post_status === 'inherit' ? get_post_status($post) : $post->post_status);
}

add_action('transition_post_status', static function (string $new, string $old, \WP_Post $post): void {
    if ($new !== $old && (is_post_status_viewable($new) || is_post_status_viewable($old))) {
        purge_post($post);
        purge('terms');
    }
}, 10, 3);
add_action('clean_post_cache', static function (int $id, mixed $post): void {
    if ($post instanceof \WP_Post && !only_looking() && is_seen($post)) {
        purge_post($post);
    }
}, 10, 2);
add_action('before_delete_post', static function (int $id, \WP_Post $post): void {
    if (is_seen($post)) {
        purge_post($post);
    }
}, 10, 2);
foreach (['added', 'updated', 'deleted'] as $done) {
    add_action("{$done}_post_meta", static function (mixed $meta, mixed $id, mixed $name): void {
        $post = get_post((int) $id);
        if ($post !== null && preg_match(UNSEEN_META, (string) $name) === 0 && !only_looking() && is_seen($post)) {
            purge_post($post);
        }
    }, 10, 3);
}

// Files keep their address when they are edited: browsers and edges would show the old ones.
add_action('delete_attachment', static function (): void {
    purge('media');
});
// What WordPress puts into the folder of a month never changes under its name; a plugin's files do.
add_action('wpaas_upload_changed', static function (string $key): void {
    if (preg_match('~^uploads/\d{4}/\d{2}/~', $key) === 0) {
        purge('media');
    }
});
add_action('wp_ajax_image-editor', static function (): void {
    purge('media');
}, 0);

foreach (['created_term', 'edited_term', 'delete_term'] as $done) {
    add_action($done, static function (int $id, int $pair, string $taxonomy): void {
        if (!is_taxonomy_viewable($taxonomy)) {
            $taxonomy === 'nav_menu' && purge('site');
            return;
        }
        purge("term-$id", 'terms', 'missing', 'redirect');
    }, 10, 3);
}
add_action('set_object_terms', static function (int $id): void {
    $post = get_post($id);
    if ($post !== null && !only_looking() && is_seen($post)) {
        purge_post($post);
        purge('terms');
    }
});
foreach (['wp_update_nav_menu', 'wp_update_nav_menu_item', 'customize_save_after', 'switch_theme'] as $done) {
    add_action($done, static function (): void {
        purge('site');
    });
}

/** A comment that visitors see, or saw until now. */
function purge_comment(\WP_Comment $comment): void
{
    purge('post-' . $comment->comment_post_ID, 'comments');
}

add_action('transition_comment_status', static function (mixed $new, mixed $old, \WP_Comment $comment): void {
    if ($new !== $old && in_array('approved', [$new, $old], true)) {
        purge_comment($comment);
    }
}, 10, 3);
foreach (['wp_insert_comment', 'edit_comment', 'delete_comment'] as $done) {
    add_action($done, static function (mixed $id): void {
        $comment = get_comment((int) $id);
        if ($comment !== null && $comment->comment_approved === '1') {
            purge_comment($comment);
        }
    });
}

foreach (['profile_update', 'delete_user', 'set_user_role'] as $done) {
    add_action($done, static function (mixed $id): void {
        purge('author-' . (int) $id);
    });
}

foreach (['added', 'updated', 'deleted'] as $done) {
    add_action("{$done}_option", static function (mixed $name): void {
        if (preg_match(UNSEEN_OPTIONS, (string) $name) === 0 && !only_looking()) {
            purge('site');
        }
    });
}

// After the answer is out; whoever runs PHP also tells what an earlier request could not.
add_action('shutdown', static function (): void {
    $database = purge_database();
    if ($database === null || wp_installing()) {
        return;
    }
    if (function_exists('fastcgi_finish_request')) {
        fastcgi_finish_request();
    }
    purge_due($database, configuration());
}, PHP_INT_MAX);
