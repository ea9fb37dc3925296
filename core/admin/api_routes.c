/* admin/api_routes.c: the table of /api/v1; see api.h. A path without a hole stands before those that would take it for a name. */
#include "admin/api.h"

static void token(yz_api *api) {
    static const char *const words[] = {"read", "operate", "money"};
    yz_buf_lit(&api->out, "{\"name\":");
    yz_buf_json_str(&api->out, api->bearer.name);
    yz_buf_printf(&api->out, ",\"role\":\"%s\",\"ledger\":%s,\"policies\":%s}\n",
                  words[api->bearer.token ? api->bearer.role : YZ_ADMIN_READ], api->ledger ? "true" : "false",
                  api->bearer.policies && api->settings->edit_policies.n ? "true" : "false");
}

#define V1      "/api/v1"
#define NONE    YZ_API_NO_BODY
#define MAY     YZ_API_MAY_BODY
#define NEEDS   YZ_API_NEEDS_BODY
#define READ    YZ_ADMIN_READ
#define OPERATE YZ_ADMIN_OPERATE
#define MONEY   YZ_ADMIN_MONEY

/* clang-format off */
const yz_api_route yz_api_routes[] = {
    {"GET", V1 "/openapi.json", READ, NONE, NULL, NULL, 0, "Object", "this document", yz_api_spec, true, NULL},
    {"GET", V1 "/token", READ, NONE, NULL, NULL, 0, "Token", "who asks, and what he may", token, true, NULL},

    {"GET", V1 "/keys", READ, NONE, NULL, "limit after group label", 0, "Keys", "the keys of the ledger, by name", yz_api_people, false, NULL},
    {"POST", V1 "/keys", OPERATE, NEEDS, "NewKey", NULL, 201, "KeyWithSecret", "makes a key, and tells it this once", yz_api_person_create, false, NULL},
    {"GET", V1 "/keys/{id}", READ, NONE, NULL, NULL, 0, "KeyWithSpent", "one key, and what its budgets were used for", yz_api_person, false, NULL},
    {"PATCH", V1 "/keys/{id}", OPERATE, NEEDS, "ChangeKey", "revision", 0, "Key", "changes what is said; null takes a member away", yz_api_person_update, false, NULL},
    {"POST", V1 "/keys/{id}/rotate", OPERATE, MAY, "Rotate", NULL, 0, "KeyWithSecret", "a new secret, told this once", yz_api_key_rotate, false, NULL},
    {"POST", V1 "/keys/{id}/revoke", OPERATE, MAY, "Empty", NULL, 0, "Key", "for good", yz_api_key_revoke, false, NULL},

    {"GET", V1 "/groups", READ, NONE, NULL, "limit after group label", 0, "Groups", "the groups of the ledger, by name", yz_api_people, false, NULL},
    {"POST", V1 "/groups", OPERATE, NEEDS, "NewGroup", NULL, 201, "Group", "makes a group", yz_api_person_create, false, NULL},
    {"GET", V1 "/groups/{id}", READ, NONE, NULL, NULL, 0, "GroupWithSpent", "one group, and what its budgets were used for", yz_api_person, false, NULL},
    {"PATCH", V1 "/groups/{id}", OPERATE, NEEDS, "ChangeGroup", "revision", 0, "Group", "changes what is said; null takes a member away", yz_api_person_update, false, NULL},
    {"GET", V1 "/tree", READ, NONE, NULL, NULL, 0, "Tree", "groups and keys as a tree", yz_api_tree, false, NULL},

    {"GET", V1 "/accounts", READ, NONE, NULL, "limit after format", 0, "Accounts", "balances, by name", yz_api_accounts, false, NULL},
    {"GET", V1 "/accounts/{id}", READ, NONE, NULL, NULL, 0, "Account", "one balance", yz_api_account, false, NULL},
    {"POST", V1 "/credits", MONEY, NEEDS, "Credit", NULL, 201, "Moved", "pays in", yz_api_credit, false, NULL},
    {"POST", V1 "/refunds", MONEY, NEEDS, "Refund", NULL, 201, "Moved", "gives back of a charge", yz_api_refund, false, NULL},
    {"POST", V1 "/transfers", MONEY, NEEDS, "Transfer", NULL, 201, "Moved", "from one account to another", yz_api_transfer, false, NULL},
    {"POST", V1 "/paybacks", MONEY, NEEDS, "Payback", NULL, 201, "PaidBack", "takes back of a credit: who paid has it again", yz_api_payback, false, NULL},
    {"POST", V1 "/codes/revoke", MONEY, NEEDS, "RevokeCodes", NULL, 0, "RevokedCodes", "a code, or those of a batch, that nobody has redeemed", yz_api_codes_revoke, false, NULL},
    {"GET", V1 "/moves", READ, NONE, NULL, "limit after account format", 0, "Moves", "credits, refunds and transfers, the newest first", yz_api_moves, false, NULL},
    {"GET", V1 "/jobs", READ, NONE, NULL, "limit after owner format", 0, "Jobs", "work that providers go on with after their answer, the newest first", yz_api_jobs, false, NULL},

    {"GET", V1 "/usage", READ, NONE, NULL, "by from until account key model provider label format", 0, "Usage", "sums of ended requests", yz_api_usage, false, NULL},
    {"GET", V1 "/charges", READ, NONE, NULL, "limit after from until account key format", 0, "Charges", "single requests, the newest first", yz_api_charges, false, NULL},
    {"GET", V1 "/charges/{id}", READ, NONE, NULL, NULL, 0, "Charges", "why a request cost what it did", yz_api_charge, false, NULL},

    {"GET", V1 "/changes", READ, NONE, NULL, "limit after kind name", 0, "Changes", "every version of keys, groups, payments and codes, the newest first", yz_api_changes, false, NULL},
    {"GET", V1 "/audit", READ, NONE, NULL, NULL, 0, "Audit", "recomputes every balance from its entries", yz_api_audit, false, NULL},

    {"GET", V1 "/margins", READ, NONE, NULL, "by from until format", 0, "Margins", "by provider: what its answers brought, and what its tries cost by its list price", yz_api_margins, false, NULL},
    {"POST", V1 "/reconcile", OPERATE, NEEDS, "Reconcile", NULL, 0, "Reconciled", "where the ledger and a provider's usage export differ; changes nothing", NULL, true, yz_api_reconcile},

    {"GET", V1 "/policies/file", READ, NONE, NULL, "file", 0, "PolicyFile", "what stands in a policy's file now, and its versions, the newest first", NULL, true, yz_api_policy_file},
    {"GET", V1 "/policies/version", READ, NONE, NULL, "file version", 0, "PolicyText", "the text of one version", NULL, true, yz_api_policy_version},
    {"POST", V1 "/policies/activate", OPERATE, NEEDS, "Activate", NULL, 0, "Activated", "puts a text into a policy's file as its newest version, if the config passes the check with it, and loads it; the token needs policies = true", NULL, true, yz_api_policy_activate},
};
/* clang-format on */
const size_t yz_api_n_routes = sizeof yz_api_routes / sizeof *yz_api_routes;
