/* admin/api.h: the paths of /api/v1 (docs/admin-api.md): one table of routes, by which a request is found, judged and documented.
 *
 * What a route does waits for the ledger, so it runs on a thread of the ledger's desk, and knows nothing of the call: only of what was
 * asked, copied, and of the answer that it makes.
 *
 *   api.c          finding, judging, asking the desk, answering
 *   api_ask.c      what a request says: its parameters and the members of its body
 *   api_people.c   keys, groups, their tree and their changes
 *   api_money.c    accounts, credits, refunds, transfers, payments taken back, codes
 *   api_usage.c    sums, charges, the audit
 *   api_margin.c   what providers cost, and what they say themselves
 *   api_policy.c   versions of policies
 *   api_routes.c   the table
 *   api_spec.c     the same table as an OpenAPI document
 */
#ifndef YUZUI_ADMIN_API_H
#define YUZUI_ADMIN_API_H

#include "admin/inner.h"
#include "ledger/desk.h"
#include "people/rows.h"

#include <yuzui/plugin.h>

typedef struct yz_api yz_api;

typedef enum yz_api_body { YZ_API_NO_BODY, YZ_API_MAY_BODY, YZ_API_NEEDS_BODY } yz_api_body;

typedef struct yz_api_route {
    const char *method, *path; /* one {id} at most */
    yz_admin_role role;
    yz_api_body body;
    const char *asks;    /* the schema of its body; NULL: none */
    const char *params;  /* of the query, a blank between them */
    int made;            /* 201; 0: 200 */
    const char *answers; /* the schema of its answer */
    const char *help;
    void (*run)(yz_api *api);
    bool at_once; /* it asks no ledger, and runs on the worker */
    /* instead of run: on the worker, starts what answers later and takes the api with it. False: it has refused */
    bool (*start)(yz_admin_call *a, yz_api *api);
} yz_api_route;
extern const yz_api_route yz_api_routes[];
extern const size_t yz_api_n_routes;

struct yz_api {
    yz_errand errand; /* first */
    const yz_api_route *route;
    yz_arena *arena; /* it lives there itself */
    yz_ledger *ledger;
    const yz_settings *settings; /* as long as the call's generation, which waits for the errand */
    yz_admin_bearer bearer;
    yz_str by;   /* who writes: "admin NAME" */
    yz_str name; /* what {id} is */
    yz_str query, text;
    const yz_json *body; /* NULL: none */
    /* the answer */
    yz_buf out;
    bool csv;
    int status; /* 0: the route's */
    yz_error_class class_;
    const char *code; /* NULL: it went well */
    yz_str why;
};

/* ---- api.c ------------------------------------------------------------------------------------------------------------------ */

void yz_api_free(yz_api *api);
/* Sends what came of it. The call's worker. */
void yz_api_done(yz_admin_call *a, yz_api *api);

/* ---- api_ask.c: each that fails has refused (yz_api_fail), and the route returns ------------------------------------------ */

void yz_api_fail(yz_api *api, yz_error_class class_, int status, const char *code, yz_str why);
/* By the result of a change: `why` may be NULL. */
void yz_api_fail_code(yz_api *api, int code, const char *why);
void yz_api_wrong(yz_api *api, const char *fmt, ...) YZ_PRINTF(2, 3); /* 400 */

/* A parameter of the query, decoded; empty: it is not there. */
yz_str yz_api_param(const yz_api *api, const char *name);
/* Are all parameters known to the route, and well formed? */
bool yz_api_params_ok(yz_api *api);
bool yz_api_limit(yz_api *api, int64_t *limit);                            /* 1 to 1000, else 100 */
bool yz_api_place(yz_api *api, int64_t *place);                            /* ?after=, a number */
bool yz_api_times(yz_api *api, int64_t *from, int64_t *until);             /* ?from=, ?until=, one after the other; 0: it is not there */
bool yz_api_flag(const yz_api *api, const char *name);                     /* ?name=true */
bool yz_api_format(yz_api *api);                                           /* ?format=csv sets api->csv */
bool yz_api_members_ok(yz_api *api, const char *names);                    /* the body has no others */
bool yz_api_text(yz_api *api, const char *name, bool needed, yz_str *out); /* of the body */
bool yz_api_usd(yz_api *api, int64_t *nano);                               /* its member usd */

/* ---- lists ------------------------------------------------------------------------------------------------------------------ */

/* Rows of a ledger as they come, into the answer. */
typedef struct yz_api_list {
    yz_api *api;
    const yz_rows *rows;
    const char *name; /* of the list */
    unsigned by;
    bool detail;
    int64_t limit, n, place; /* wanted; seen; of the last one that was wanted */
    yz_str after;            /* what follows the last row of all, where no page does: ,"removed":{…} */
} yz_api_list;
/* Asks for one row more than are wanted, so that the end is known. False: the ledger cannot be read, and it was refused. */
bool yz_api_list_ask(yz_api_list *list, yz_ledger_query *query);
void yz_api_list_begin(yz_api_list *list);
void yz_api_list_row(yz_api_list *list, const yz_ledger_row *row);
/* ,"next":"17"} or so; CSV has none. */
void yz_api_list_end(yz_api_list *list);

/* ---- the routes ------------------------------------------------------------------------------------------------------------- */

typedef void yz_api_run(yz_api *api);
/* api_people.c */
yz_api_run yz_api_person, yz_api_person_create, yz_api_person_update, yz_api_key_rotate, yz_api_key_revoke, yz_api_people, yz_api_tree,
    yz_api_changes;
/* ?label=tier=gold; not there: both empty. False: it was refused. */
bool yz_api_label(yz_api *api, yz_str *label, yz_str *value);
/* api_money.c */
yz_api_run yz_api_accounts, yz_api_account, yz_api_credit, yz_api_refund, yz_api_transfer, yz_api_payback, yz_api_codes_revoke,
    yz_api_moves, yz_api_jobs;
/* api_usage.c */
yz_api_run yz_api_usage, yz_api_charges, yz_api_charge, yz_api_audit;
/* api_margin.c */
yz_api_run yz_api_margins;
bool yz_api_reconcile(yz_admin_call *a, yz_api *api);
/* api_policy.c */
bool yz_api_policy_file(yz_admin_call *a, yz_api *api);
bool yz_api_policy_version(yz_admin_call *a, yz_api *api);
bool yz_api_policy_activate(yz_admin_call *a, yz_api *api);
/* api_spec.c */
yz_api_run yz_api_spec;

#endif
