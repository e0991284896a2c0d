/* Turns what nginx and php-fpm write into one JSON object a line, since neither can do so itself.
 * A line that already is a JSON object passes unchanged. */
#include "lines.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

static void put(char *out, size_t *at, const char *text, size_t length) {
    memcpy(out + *at, text, length);
    *at += length;
}

/* nginx and php-fpm name the visitor and the whole address in an error. We keep neither who asked nor
 * what stands behind the `?`, where log-in tokens and search words are. Returns the new length. */
static size_t without_visitor(char *line, size_t length) {
    static const char *const who[] = {", client: ", ", referrer: "};
    for (size_t n = 0; n < sizeof who / sizeof *who; n++) {
        char *begin = memmem(line, length, who[n], strlen(who[n]));
        if (begin == NULL)
            continue;
        size_t rest = length - (size_t)(begin + 2 - line);
        char *end = memchr(begin + 2, ',', rest);
        end = end ? end : line + length;
        memmove(begin, end, length - (size_t)(end - line));
        length -= (size_t)(end - begin);
    }
    for (char *at = line; (at = memmem(at, length - (size_t)(at - line), ": \"", 3)) != NULL; at += 3) {
        char *close = memchr(at + 3, '"', length - (size_t)(at + 3 - line));
        close = close ? close : line + length;
        char *query = memchr(at, '?', (size_t)(close - at));
        if (query == NULL)
            continue;
        char *end = memchr(query, ' ', (size_t)(close - query));
        end = end ? end : close;
        memmove(query, end, length - (size_t)(end - line));
        length -= (size_t)(end - query);
    }
    return length;
}

static bool is_object(const char *line, size_t length) {
    return length > 1 && line[0] == '{' && line[length - 1] == '}';
}

static size_t plain(char *line, size_t length) {
    return is_object(line, length) ? length : without_visitor(line, length);
}

static void write_line(const char *from, const char *line, size_t length) {
    /* Worst case: each byte becomes \u00XX. */
    static char out[6 * sizeof(((struct lines *)0)->held) + 128];
    static const char hex[] = "0123456789abcdef";
    size_t at = 0;
    if (is_object(line, length)) {
        put(out, &at, line, length);
    } else {
        put(out, &at, "{\"from\":\"", 9);
        put(out, &at, from, strlen(from));
        put(out, &at, "\",\"message\":\"", 13);
        for (size_t i = 0; i < length; i++) {
            unsigned char byte = (unsigned char)line[i];
            if (byte == '"' || byte == '\\') {
                out[at++] = '\\';
                out[at++] = (char)byte;
            } else if (byte < 0x20 || byte >= 0x7f) {
                put(out, &at, "\\u00", 4);
                out[at++] = hex[byte >> 4];
                out[at++] = hex[byte & 15];
            } else {
                out[at++] = (char)byte;
            }
        }
        put(out, &at, "\"}", 2);
    }
    out[at++] = '\n';
    /* A full or closed log must not stop the webhead: what does not fit is dropped. */
    if (write(STDOUT_FILENO, out, at) < 0)
        return;
}

void lines_say(const char *from, const char *message) {
    write_line(from, message, strlen(message));
}

void lines_read(struct lines *lines) {
    ssize_t got = read(lines->fd, lines->held + lines->length, sizeof lines->held - lines->length);
    if (got <= 0) {
        close(lines->fd);
        lines->fd = -1;
        got = 0;
    }
    lines->length += (size_t)got;
    size_t start = 0;
    for (size_t i = start; i < lines->length; i++) {
        if (lines->held[i] != '\n')
            continue;
        if (i > start)
            write_line(lines->from, lines->held + start, plain(lines->held + start, i - start));
        start = i + 1;
    }
    lines->length -= start;
    memmove(lines->held, lines->held + start, lines->length);
    if (lines->length == sizeof lines->held || (lines->fd < 0 && lines->length > 0)) {
        write_line(lines->from, lines->held, plain(lines->held, lines->length));
        lines->length = 0;
    }
}
