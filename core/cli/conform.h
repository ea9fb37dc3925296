/* cli/conform.h: what the files of `yuzui conform` share: playing recorded answers through an adapter, and comparing what it said.
 * The adapters' tests use it too. */
#ifndef YUZUI_CLI_CONFORM_H
#define YUZUI_CLI_CONFORM_H

#include <yuzui/plugin.h>

/* ---- records (conform_record.c) ------------------------------------------------------------------------------------------- */

typedef struct yz_recorded_item {
    yz_part_kind kind;
    unsigned choice;
    bool ended;
} yz_recorded_item;

/* Everything a decoder emitted. Zero-initialise, then yz_recording_init. Lives as long as its arena. */
typedef struct yz_recording {
    yz_sink sink; /* first */
    yz_arena *arena;
    yz_event *events; /* copies */
    size_t n, cap;
    int code;                       /* the first negative result of the adapter or the reader of its stream */
    const char *fault;              /* against the grammar of events; NULL: none */
    bool done, failed;              /* a DONE, an ERROR was seen */
    struct yz_recorded_item *items; /* by number */
    size_t n_items, cap_items;
    size_t done_at; /* bytes fed when DONE came */
    size_t fed;
} yz_recording;
void yz_recording_init(yz_recording *record, yz_arena *arena);

/* One line an event, neighbouring pieces of an item joined: "ITEM 0 text", "DELTA 0 Hello", "END 0", "ITEM 1 call id=call_1 name=f",
 * "USAGE input=9 output=2", "FINISH stop". */
void yz_recording_print(const yz_recording *record, yz_buf *out);

/* The answer as a whole, in one form for streams and documents: each kind of text joined, the calls with their arguments unescaped,
 * finish and the last usage. What dialects spell differently (an id that was made up, "" or {} for no arguments) is alike here. */
void yz_recording_summary(const yz_recording *record, yz_buf *out);

/* ---- playing (conform_play.c) ------------------------------------------------------------------------------------------------ */

/* Feeds a stream in pieces that end at `cuts` (sorted), then ends it. */
void yz_play_stream(const yz_adapter *adapter, yz_str bytes, const size_t *cuts, size_t n_cuts, yz_recording *record);
void yz_play_bytewise(const yz_adapter *adapter, yz_str bytes, yz_recording *record);
void yz_play_document(const yz_adapter *adapter, yz_str bytes, yz_recording *record);
/* Encodes the events of a record as the adapter's own answer. */
void yz_play_encode(const yz_adapter *adapter, const yz_recording *record, bool stream, bool include_usage, yz_buf *out);
/* Reads a client's request body with one adapter and writes it with another one for `model`; config: the writer's. YZ_OK, or what
 * failed, then with *error filled if reading refused. */
int yz_play_request(const yz_adapter *from, const yz_adapter *to, const void *config, yz_str model, yz_str body, yz_arena *arena,
                    yz_losses *losses, yz_buf *out, yz_error *error);

/* ---- checks --------------------------------------------------------------------------------------------------------------------- */

typedef struct yz_conform {
    const yz_plugin *plugin;
    const yz_adapter *adapter;
    const void *config; /* its defaults */
    yz_arena *arena;
    unsigned checks, failures;
    bool verbose; /* print the checks that passed, too */
} yz_conform;
/* Reports the verdict of one check on one thing; the text is printed when it failed. Returns ok. */
bool yz_conform_tell(yz_conform *c, bool ok, const char *check, yz_str on, const char *fmt, ...) YZ_PRINTF(5, 6);

typedef struct yz_sample { /* a recorded answer */
    yz_str name, bytes;
    bool stream;
    yz_str expected; /* what yz_recording_print should say; empty: not recorded */
} yz_sample;

/* A decoder's state; what the adapter does not want zeroed is not. */
void *yz_conform_decoder(const yz_adapter *adapter, yz_arena *arena);           /* conform_play.c */
void yz_conform_decode(yz_conform *c, const yz_sample *sample);                 /* conform_decode.c */
void yz_conform_garbage(yz_conform *c);                                         /* conform_decode.c */
void yz_conform_encode(yz_conform *c, yz_str name, const yz_recording *events); /* conform_encode.c */
void yz_conform_synthetic(yz_conform *c);                                       /* conform_encode.c */
void yz_conform_request(yz_conform *c, yz_str name, yz_str body);               /* conform_request.c */
void yz_conform_write(yz_conform *c);                                           /* conform_request.c */
void yz_conform_errors(yz_conform *c);                                          /* conform_request.c */

#endif
