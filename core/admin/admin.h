/* admin/admin.h: what the admin listener answers: status, reload, the calls that run, and for tests the clock.
 *
 * Its requests take a chain of their own, whose last stage is the admin leaf: an ordinary filter, so that flow, deadlines, a drain and a
 * client that leaves are the call tree's business as everywhere. The stage before it lets in who may. They are opened with each share
 * (yz_share.admin); the server starts their calls and knows of them only the paths. */
#ifndef YUZUI_ADMIN_ADMIN_H
#define YUZUI_ADMIN_ADMIN_H

#include <yuzui/adapter.h>

/* Refuses web pages, whoever lacks the token, and without a token who asks for the gateway by a name (guard.c says why). */
extern const yz_filter yz_admin_guard;
/* The same judgement of a head whose call takes another chain (server/trial.h). `shown`: the token it carries. NULL: it is let in; else
 * why it is not. The code is NULL where the class says it; that of FORBIDDEN would say that it is about a model. */
typedef struct yz_admin_refusal {
    yz_error_class class_;
    const char *code, *message;
} yz_admin_refusal;
const yz_admin_refusal *yz_admin_why_not(const struct yz_settings *settings, const yz_header *headers, size_t n, yz_str path, yz_str shown);
/* The last stage: answers by method and path, at once or later. */
extern const yz_filter yz_admin_leaf;

/* The paths it answers; those for tests only with YUZUI_TEST_CLOCK=1. Static. */
typedef struct yz_admin_path {
    const char *method, *path;
    bool body; /* it may have one: a JSON object */
} yz_admin_path;
yz_admin_path yz_admin_path_at(size_t i); /* 0, 1, 2 …; path NULL: there are no more */

#endif
