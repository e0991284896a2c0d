<?php
/**
 * The keys of a page: what it shows, so that a change purges the pages that show it and no others.
 *
 *   post-ID term-ID author-ID   named, linked to or shown
 *   list list-TYPE              shows which posts there are: all types, or one
 *   terms comments              shows which terms or which comments there are
 *   missing redirect            404, or 301 to where something is now
 *   huge                        has more keys than fit: purged with each change
 *
 * The edge adds `site` to all, and `media` to uploads (deploy/edge/varnish/answers.vcl).
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

/** Bytes of keys that a page may name. */
const PAGE_KEYS_BYTES = 4000;

/** Types of posts that are parts of pages: a change of one is a change of the site. */
const PARTS = ['wp_template', 'wp_template_part', 'wp_global_styles', 'wp_navigation', 'wp_block', 'nav_menu_item',
    'custom_css', 'wp_font_family', 'wp_font_face'];

/**
 * Adds keys to those of this page.
 *
 * @return array<string, true> those so far
 */
function page_key(string ...$keys): array
{
    static $all = [];
    foreach ($keys as $key) {
        $all[$key] = true;
    }
    return $all;
}

/** The keys of this page as the edge reads them. */
function page_keys(): string
{
    $status = http_response_code();
    if (!defined('REST_REQUEST')) {
        page_key(...match (true) {
            $status === 301 => ['redirect'],
            $status !== 200 => ['missing'],
            default => keys_of(get_queried_object()),
        });
    } else {
        page_key('rest');
    }
    $keys = array_keys(page_key());
    $text = implode(' ', $keys);
    if (strlen($text) > PAGE_KEYS_BYTES) {
        $text = 'huge';
    }
    return $text === '' ? 'page' : $text;
}

/** @return list<string> */
function keys_of(mixed $object): array
{
    return match (true) {
        $object instanceof \WP_Post => ["post-$object->ID", "author-$object->post_author"],
        $object instanceof \WP_Term => ["term-$object->term_id"],
        $object instanceof \WP_User => ["author-$object->ID"],
        default => [],
    };
}

/** @return list<string> the lists that a query reads: none where it is the page of one post */
function lists_of(\WP_Query $query): array
{
    if ($query->is_main_query() && $query->is_singular()) {
        return [];
    }
    $types = (array) ($query->get('post_type') ?: []);
    if ($types === []) {
        return $query->is_home() || $query->is_date() || $query->is_author() ? ['list-post'] : ['list'];
    }
    $shown = array_diff($types, PARTS);
    return in_array('any', $types, true) ? ['list'] : array_map(static fn ($type) => "list-$type", array_values($shown));
}

add_action('pre_get_posts', static function (\WP_Query $query): void {
    page_key(...lists_of($query));
}, PHP_INT_MAX);
add_action('the_post', static function (\WP_Post $post): void {
    page_key(...keys_of($post));
});
foreach (['post_link', 'post_type_link'] as $filter) {
    add_filter($filter, static function (mixed $link, mixed $post): mixed {
        page_key(...keys_of($post));
        return $link;
    }, 10, 2);
}
foreach (['page_link', 'attachment_link'] as $filter) {
    add_filter($filter, static function (mixed $link, mixed $id): mixed {
        page_key('post-' . (int) $id);
        return $link;
    }, 10, 2);
}
foreach (['get_previous_post_where', 'get_next_post_where'] as $filter) {
    add_filter($filter, static function (mixed $where): mixed {
        page_key('list');
        return $where;
    });
}
add_filter('getarchives_where', static function (mixed $where): mixed {
    page_key('list');
    return $where;
});
add_filter('term_link', static function (mixed $link, mixed $term): mixed {
    page_key(...keys_of($term));
    return $link;
}, 10, 2);
add_filter('get_the_terms', static function (mixed $terms): mixed {
    foreach (is_array($terms) ? $terms : [] as $term) {
        page_key(...keys_of($term));
    }
    return $terms;
});
add_action('pre_get_terms', static function (\WP_Term_Query $query): void {
    $inner = ['nav_menu', 'wp_theme', 'wp_template_part_area', 'wp_pattern_category'];
    if (empty($query->query_vars['object_ids']) && array_diff((array) $query->query_vars['taxonomy'], $inner) !== []) {
        page_key('terms');
    }
});
add_action('pre_get_comments', static function (\WP_Comment_Query $query): void {
    $post = (int) ($query->query_vars['post_id'] ?? 0);
    page_key($post > 0 ? "post-$post" : 'comments');
});
add_filter('author_link', static function (mixed $link, mixed $id): mixed {
    page_key('author-' . (int) $id);
    return $link;
}, 10, 2);
