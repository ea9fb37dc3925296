/* http/frames.h: the frames of a WebSocket (RFC 6455), and its handshake. Both directions of a session pass through the gateway as the
 * bytes they are, but for messages that are made anew; what is looked at is where frames end, and what messages say. No I/O here. */
#ifndef YUZUI_HTTP_FRAMES_H
#define YUZUI_HTTP_FRAMES_H

#include <yuzui/base.h>

/* One direction. Begins as zeros, but for what its owner sets. */
typedef struct yz_frames {
    /* A whole text of the peer, in whatever frames it came; it stays until this returns. NULL: nobody reads them. */
    void (*on_text)(void *arg, yz_str text);
    /* Its close frame: the code (1005: it says none), and the reason, which stays as long. May be NULL. */
    void (*on_close)(void *arg, unsigned code, yz_str reason);
    void *arg;
    size_t most;     /* bytes of a text that is read: longer ones are passed over */
    uint64_t widest; /* bytes of a frame's payload: a longer one is a fault; 0: they have no bound */
    bool binary;     /* messages of bytes are read as texts are: there are servers that say JSON so */
    bool client;     /* the peer is one: its frames must be masked, and are read all the same. Else masked ones are not read */
    /* theirs */
    unsigned char head[14]; /* of the frame under way, as far as it has come */
    size_t n_head;
    uint64_t left; /* bytes of its payload to come */
    bool within;   /* its payload */
    bool reads;    /* … belongs to a text */
    bool text;     /* a message is open, and is a text, or read as one */
    bool bytes;    /* the last message to begin is one of bytes */
    bool open;     /* a message is */
    bool skipped;  /* … whose beginning was too long */
    bool closed;   /* a close frame has begun */
    bool broken;   /* they were no frames: nothing is looked at any more */
    bool wide;     /* … since one was longer than `widest` */
    size_t begun;  /* messages */
    size_t passed; /* texts that were too long to be read */
    yz_buf whole;  /* of a text, or a close frame, what came before this read */
} yz_frames;

/* Walks over these bytes. YZ_EINVAL: they are no frames (then, and after that, nothing is read of them). */
int yz_frames_feed(yz_frames *frames, yz_str bytes);
/* The same, up to the end of the frame under way, or of these bytes. How many of them that is; 0: they are no frames. */
size_t yz_frames_step(yz_frames *frames, yz_str bytes);
/* Of the frame under way, or the last one: it belongs to no message. */
bool yz_frames_is_control(const yz_frames *frames);
bool yz_frames_is_close(const yz_frames *frames);
/* May a frame be put here? Not into another, nor after a close. */
bool yz_frames_between(const yz_frames *frames);
/* A close frame is whole. */
bool yz_frames_over(const yz_frames *frames);
void yz_frames_free(yz_frames *frames);
/* A server's close frame: the code of section 7.4, and a reason of which as much goes in as a frame takes, whole characters. */
void yz_frames_close(yz_buf *out, unsigned code, yz_str reason);
/* A message in one frame; with `mask`, its four bytes, as a client sends it. */
void yz_frames_message(yz_buf *out, bool binary, yz_str payload, const char *mask);

#define YZ_SOCKET_KEY    24 /* characters of a Sec-WebSocket-Key: 16 bytes in base64 */
#define YZ_SOCKET_ACCEPT 28
bool yz_socket_key_ok(yz_str key);
/* What the server says to it. */
void yz_socket_accept(yz_str key, char accept[YZ_SOCKET_ACCEPT + 1]);

#endif
