/* check.c: what the checks of both dialects share. */
#include "sim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const char *json_string(const cJSON *object, const char *name) {
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsString(v) ? v->valuestring : NULL;
}

bool json_list_has(const char *const *list, const char *word) {
    for (; *list; list++)
        if (!strcmp(*list, word))
            return true;
    return false;
}

const char *json_unknown(const cJSON *object, const char *const *known) {
    const cJSON *v;
    cJSON_ArrayForEach(v, object) {
        if (v->string && !json_list_has(known, v->string))
            return v->string;
    }
    return NULL;
}

bool json_range(const cJSON *object, const char *name, double min, double max, bool whole, const char **problem) {
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(object, name);
    *problem = NULL;
    if (!v || cJSON_IsNull(v))
        return true;
    if (!cJSON_IsNumber(v) || (whole && floor(v->valuedouble) != v->valuedouble))
        *problem = whole ? "expected an integer" : "expected a number";
    else if (v->valuedouble < min || v->valuedouble > max)
        *problem = v->valuedouble < min ? "is below the minimum" : "is above the maximum";
    return !*problem;
}

bool refuse(refusal *out, int status, const char *type, const char *code, const char *param, const char *fmt, ...) {
    *out = (refusal){.status = status};
    snprintf(out->type, sizeof out->type, "%s", type);
    snprintf(out->code, sizeof out->code, "%s", code ? code : "");
    snprintf(out->param, sizeof out->param, "%s", param ? param : "");
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(out->message, sizeof out->message, fmt, ap);
    va_end(ap);
    return false;
}

void question_free(question *q) { buf_free(&q->text); }
