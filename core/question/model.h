/* question/model.h: a linear model over the features of a text: a file, mapped read-only, that all workers share.
 *
 * The file (little endian, made by `yuzui train`, core/train/write.c):
 *   64 bytes  yz_model_head
 *   labels    n_labels names, each followed by a NUL, padded with NULs to a multiple of 64 bytes: head.label_bytes
 *   entries   2^slots_log2 entries of `stride` bytes: u16 tag (0: empty), then one int8 a label but the last, padded
 * An entry's slot is the low bits of its feature's hash, or the next that is free; its tag the high 16 bits, with the lowest set.
 * The last label's weights are taken off all others, so its own are 0.
 */
#ifndef YUZUI_QUESTION_MODEL_H
#define YUZUI_QUESTION_MODEL_H

#include <yuzui/base.h>

#define YZ_MODEL_MAGIC_BYTES                                                                                                               \
    { 'y', 'z', 'm', 'o', 'd', 'e', 'l', '1' }
#define YZ_MODEL_LABELS_MAX 16
#define YZ_MODEL_LABEL_MAX  63         /* bytes of a label's name */
#define YZ_MODEL_BYTES_MAX  (1u << 20) /* of a file */

typedef struct yz_model_head {
    char magic[8];
    uint32_t features; /* YZ_FEATURES_VERSION */
    uint32_t n_labels;
    uint32_t label_bytes;
    uint32_t slots_log2;
    uint32_t stride;
    float scale; /* of a weight: what an int8 of 1 is worth */
    uint8_t unused[32];
} yz_model_head;

typedef struct yz_model yz_model;

/* Maps a model. NULL: *why says what is wrong with the file (static text). Control thread. */
yz_model *yz_model_open(const char *path, const char **why);
/* Likewise from bytes, which must live as long as the model: for tests and for judging while training. */
yz_model *yz_model_of(yz_str bytes, const char **why);
void yz_model_close(yz_model *model);

size_t yz_model_labels(const yz_model *model);
yz_str yz_model_label(const yz_model *model, size_t at);

/* What a text is. */
typedef struct yz_judgement {
    unsigned label;       /* a number below yz_model_labels */
    unsigned second;      /* the next best */
    double probability;   /* of `label`, 0 … 1 */
    double margin;        /* over the second's: 0 is a toss-up, 1 is sure */
    const char *language; /* "zh": a quarter of it is Chinese characters; "en": words of Latin letters; "" neither. Static */
    bool code;            /* holds code */
    size_t chars;         /* code points of the ask that were looked at */
    double difficulty;    /* 0 (a greeting) … 1 (long, with mathematics, code or several parts): a rule of thumb, not learnt */
} yz_judgement;

/* Judges a text (its ask: tokens.h). Costs no memory and no lock: any thread. */
void yz_model_judge(const yz_model *model, yz_str text, yz_judgement *out);

#endif
