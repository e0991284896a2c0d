#ifndef LINES_H
#define LINES_H
#include <stddef.h>

/* What a child wrote that is not yet a whole line. Longer lines are cut into pieces. */
struct lines {
    const char *from; /* name of the writer, as it stands in the log */
    int fd;           /* read end of the child's pipe, -1 once it is closed */
    size_t length;
    char held[65536];
};

/* Reads once from the pipe and writes each whole line to standard output, as JSON. */
void lines_read(struct lines *lines);
/* Writes one JSON line of our own. */
void lines_say(const char *from, const char *message);
#endif
