/* capture.h: the parts of the capture stage.
 *
 *   capture.c   the stage: whose conversations are kept, and what of them is collected
 *   document.c  a conversation as a document
 *   clean.c     such a document without what names a person, or is a secret
 *   redact.c    a text likewise
 *   seal.c      a document encrypted, so that this process itself cannot read it any more
 *   vault.c     the folder, and the thread that writes to it
 *   clear.c     days that are over are removed
 */
#ifndef YUZUI_CAPTURE_H
#define YUZUI_CAPTURE_H

#include <yuzui/answer.h>
#include <yuzui/plugin.h>

#include <openssl/x509.h>

typedef struct capture_config {
    yz_str folder, certificate, tag;
    int64_t keep, most, of_one; /* ms, bytes, bytes */
    yz_list redact;
} capture_config;

/* ---- redact.c ------------------------------------------------------------------------------------------------------- */

/* The kind of that name, to be added to a set of them; 0: there is none. */
unsigned redact_kind(yz_str name);
/* The names of all kinds, for messages. */
const char *redact_names(void);
/* Appends the text with each word of these kinds replaced by the kind's name, "<EMAIL>". Takes time in proportion to the text. */
void redact_put(yz_buf *out, yz_str text, unsigned kinds);

/* ---- document.c ----------------------------------------------------------------------------------------------------- */

typedef struct capture_item {
    yz_part_kind kind;
    unsigned index, choice;
    yz_str id, name; /* escaped, in the call's arena */
    yz_buf text;     /* escaped; of what is no text nothing */
    size_t all;      /* bytes that came of it */
} capture_item;

/* Is what an item holds a text, and not a picture or sound? */
static inline bool capture_is_text(yz_part_kind kind) {
    return kind == YZ_PART_TEXT || kind == YZ_PART_REASONING || kind == YZ_PART_REFUSAL || kind == YZ_PART_TOOL_CALL;
}

enum { CAPTURE_ITEMS = 256 };

/* What is known of a conversation when its call closes. */
typedef struct captured {
    const yz_request *request;
    int64_t began; /* Unix seconds */
    const yz_head *head;
    const yz_end *end;     /* NULL: it did not come to its end */
    const yz_error *error; /* NULL: there was none */
    capture_item *items;
    size_t n_items, bytes; /* bytes: of all items */
    bool cut;              /* there was more than is kept */
    bool unread;           /* it came as bytes that nobody has read: out of a cache */
} captured;

/* The document, in JSON: of the request at most `of_one` bytes; what is left out is said. */
void document_put(yz_buf *out, const captured *what, int64_t of_one, yz_arena *arena);

/* ---- clean.c -------------------------------------------------------------------------------------------------------- */

/* Appends the document with each of its texts, keys and numbers redacted. False: it is no JSON. Any thread. */
bool clean_put(yz_buf *out, yz_str document, unsigned kinds);

/* ---- seal.c --------------------------------------------------------------------------------------------------------- */

/* The certificates of a PEM file, for whose keys documents are sealed. NULL: the reason was reported. */
STACK_OF(X509) * seal_read(yz_str file, yz_diag *diag);
/* The plain bytes as CMS (RFC 5652, AuthEnvelopedData with AES-256-GCM), in DER. False: it could not be done, and nothing was appended. */
bool seal_put(yz_buf *out, yz_str plain, STACK_OF(X509) * to);

/* ---- vault.c -------------------------------------------------------------------------------------------------------- */

typedef struct vault vault;

/* A stage that keeps something there. */
typedef struct vault_user {
    struct vault_user *next;
    vault *vault;
    STACK_OF(X509) * to;
    unsigned kinds;
    int64_t keep, most; /* of those that are live the greatest counts */
    bool live;          /* its config is the one in force: what has only been read changes nothing on the disk */
} vault_user;

/* Finds or makes the folder's, of this process. False: the reason was reported. The user's memory is the stage's. Control thread. */
bool vault_open(vault_user *user, const capture_config *config, yz_diag *diag);
/* Its config has come into force. Any thread. */
void vault_live(vault_user *user);
/* The last of them waits until what was put is written. */
void vault_close(vault_user *user);
bool vault_full(const vault_user *user);
/* A document to be cleaned, sealed and written under this name, in the folder of its day. Takes its bytes. False: too much waits, or the
 * folder is full, and it was dropped. Any thread. */
bool vault_put(vault_user *user, yz_str id, int64_t at, yz_buf *document);
/* How many could not be written since this was asked last. */
uint64_t vault_failures(vault_user *user);

#endif
