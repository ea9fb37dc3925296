/* trial.c: see trial.h. What its call may do is the key's business, as for any client; that it is begun at all, the admin guard's. So it is
 * judged twice, and the admin token goes no further than this.
 */
#include "server/trial.h"

#include "admin/admin.h"
#include "base/arena.h"
#include "server/refusal.h"

#define ROOT "/try"

static yz_str token_of(const yz_h1_head *head) {
    yz_str token = {0};
    for (size_t i = 0; i < head->n_headers; i++)
        if (yz_str_is(head->headers[i].name, "x-yuzui-admin-token"))
            token = head->headers[i].value;
    return token;
}

const yz_error *yz_trial_begin(yz_asked *asked, const yz_h1_head **head) {
    yz_str target = (*head)->target;
    if (!asked->admin || !yz_str_starts(target, ROOT "/"))
        return NULL;
    const yz_settings *settings = asked->settings;
    const yz_admin_refusal *why = yz_admin_why_not(settings, (*head)->headers, (*head)->n_headers, target, token_of(*head));
    if (why) {
        yz_error *error = yz_alloc(asked->arena, sizeof(*error));
        *error = *yz_refusal(asked->arena, why->class_, 0, "%s%s", why->message,
                             why->class_ == YZ_ERROR_AUTH ? "; here as x-yuzui-admin-token: TOKEN" : "");
        error->code = why->code ? yz_str_of(why->code) : error->code;
        return error;
    }
    yz_h1_head *own = yz_alloc(asked->arena, sizeof(*own));
    *own = **head;
    own->target = (yz_str){target.p + sizeof(ROOT) - 1, target.n - (sizeof(ROOT) - 1)};
    *head = own;
    asked->admin = false;
    if (settings->n_listens > 0)
        asked->address = settings->listens[0].address; /* which may choose the chain */
    return NULL;
}
