/* net/io.h: what all connections of a worker share: the buffers bytes pass through. One turn uses them at a time, so a connection
 * that is idle holds none. */
#ifndef YUZUI_NET_IO_H
#define YUZUI_NET_IO_H

#include <yuzui/base.h>

#define YZ_IO_READ   (64 * 1024)              /* bytes taken from a socket at once */
#define YZ_IO_INTO   (1024 * 1024)            /* at once into a place of the owner's own */
#define YZ_IO_PLAIN  (YZ_IO_READ + 32 * 1024) /* what they may decrypt to, with a record begun before */
#define YZ_IO_RECORD (16 * 1024)              /* plain bytes of one TLS record */

typedef struct yz_io {
    char *read;    /* YZ_IO_READ: as they come from the socket */
    char *plain;   /* YZ_IO_PLAIN: decrypted; made when the first TLS connection reads */
    char *gather;  /* YZ_IO_RECORD: parts of one write that fit into one record */
    yz_buf sealed; /* encrypted, on the way to a socket; empty between writes */
} yz_io;

/* The worker's `io`: made before its first connection, freed after its last one is closed. */
yz_io *yz_io_new(void);
void yz_io_free(yz_io *io);

#endif
