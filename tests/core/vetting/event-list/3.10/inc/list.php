<?php
add_shortcode('event_list', 'event_list_show');

/** The events, newest first. */
function event_list_show() {
    $events = get_posts(['post_type' => 'event', 'numberposts' => 20]);
    $out = '<ul>';
    foreach ($events as $event) {
        $out .= '<li>' . esc_html(get_the_title($event)) . '</li>';
    }
    return $out . '</ul>';
}

add_action('event_list_purge', 'event_list_purge');
function event_list_purge() {
    delete_transient('event_list');
}
