<?php
/**
 * The part of the install job that runs inside WordPress.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace {
    /** WordPress would mail the password of the first administrator; nobody needs one. */
    function wp_new_blog_notification(string $title, string $url, int $user, string $password): void
    {
    }

    // At the top level of a file, where its global variables belong.
    require '/usr/share/wpaas/wordpress/wp-load.php';
    require_once ABSPATH . 'wp-admin/includes/upgrade.php';
}

namespace Wpaas {
    /** @throws InstallFailed */
    function install_wordpress(Configuration $configuration): void
    {
        global $wp_rewrite;
        // The job has no way out; WordPress would wait for its own front page.
        add_filter('pre_http_request', static fn () => new \WP_Error('install', 'no HTTP in the job'));
        $host = $configuration->home()[1];
        $result = wp_install(
            (string) (live()['title'] ?? $configuration->text('site')),
            'admin',
            "admin@$host",
            true,
            '',
            // Known to nobody: the first way in is a one-time link.
            wp_slash(wp_generate_password(48, true, true)),
            (string) (live()['locale'] ?? '')
        );
        if (empty($result['user_id'])) {
            throw new InstallFailed('WordPress made no administrator');
        }
        $wp_rewrite->set_permalink_structure('/%year%/%monthnum%/%day%/%postname%/');
        flush_rewrite_rules(false);
        update_option('ping_sites', '');
    }

    function migrate_wordpress(): void
    {
        if ((int) get_option('db_version') < code_db_version()) {
            wp_upgrade();
        }
    }
}
