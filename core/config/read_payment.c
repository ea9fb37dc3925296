/* config/read_payment.c: payments "stripe" { secret = env "STRIPE_WEBHOOK_SECRET", … }: whose events pay into the ledger. The defaults are
 * those of a Checkout Session of Stripe; another provider that signs in the same way says where its events hold what. */
#include "config/read.h"
#include "plugin/options.h"

static const yz_option OPTIONS[] = {
    {"secret", YZ_OPTION_SECRET, offsetof(yz_payment_settings, secret), .help = "what the provider signs its events with"},
    {"header", YZ_OPTION_STRING, offsetof(yz_payment_settings, header), "stripe-signature", .help = "that holds t=TIME,v1=SIGNATURE"},
    {"tolerance", YZ_OPTION_DURATION, offsetof(yz_payment_settings, tolerance), "5m", .min = 1000, .max = 86400000,
     .help = "how far the time of the signature may be from now"},
    {"type", YZ_OPTION_STRING, offsetof(yz_payment_settings, type), "type", .help = "where an event says what it is"},
    {"paid", YZ_OPTION_LIST, offsetof(yz_payment_settings, paid), "checkout.session.completed checkout.session.async_payment_succeeded",
     .help = "types of events that pay in; all others are taken and forgotten"},
    {"only", YZ_OPTION_MAP, offsetof(yz_payment_settings, only),
     .help = "places and what must stand there for that; unless said { [\"data.object.payment_status\"] = \"paid\" }"},
    {"id", YZ_OPTION_STRING, offsetof(yz_payment_settings, id), "data.object.id", .help = "where: what may be paid in once"},
    {"account", YZ_OPTION_STRING, offsetof(yz_payment_settings, account), "data.object.client_reference_id", .help = "where: who gets it"},
    {"amount", YZ_OPTION_STRING, offsetof(yz_payment_settings, amount), "data.object.amount_total", .help = "where: a whole number"},
    {"per_usd", YZ_OPTION_INT, offsetof(yz_payment_settings, per_usd), "100", .min = 1, .max = 1000000000,
     .help = "so many of the amount are a USD"},
    {"payment", YZ_OPTION_STRING, offsetof(yz_payment_settings, payment), "data.object.payment_intent",
     .help = "where: what a payment and its refunds name it by; where that is nothing, id is"},
    {"refunded", YZ_OPTION_LIST, offsetof(yz_payment_settings, refunded), "refund.created charge.dispute.funds_withdrawn",
     .help = "types of events that take a payment back, or a part of it"},
    {"reinstated", YZ_OPTION_LIST, offsetof(yz_payment_settings, reinstated), "refund.failed charge.dispute.funds_reinstated",
     .help = "types of events that give it back again: the refund has failed, the dispute was won"},
    {"refund_id", YZ_OPTION_STRING, offsetof(yz_payment_settings, refund_id), "data.object.id",
     .help = "where, in both: what may be taken back once"},
    {"refund_amount", YZ_OPTION_STRING, offsetof(yz_payment_settings, refund_amount), "data.object.amount",
     .help = "where: a whole number, of which per_usd are a USD"},
    {"currency", YZ_OPTION_STRING, offsetof(yz_payment_settings, currency), "data.object.currency",
     .help = "where: \"usd\", or it is refused"},
};

static bool is_path_name(yz_str name) {
    for (size_t i = 0; i < name.n; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789-_", name.p[i]))
            return false;
    return name.n > 0 && name.n <= 60;
}

static const char *fault_of(const yz_payment_settings *p) {
    if (!is_path_name(p->name))
        return "its name stands in a path: up to 60 small letters, digits, - and _";
    if (yz_secret_reveal(p->secret).n == 0)
        return "secret is needed, and not empty: without one anybody could pay in";
    for (size_t i = 0; i < p->header.n; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789-", p->header.p[i]))
            return "header should be a name in small letters, such as stripe-signature";
    if (p->header.n == 0)
        return "header should be the name of the one that holds the signature";
    if (1000000000 % p->per_usd != 0)
        return "per_usd should divide a billion, such as 100 for cents";
    return NULL;
}

void yz_read_payments(yz_reader *reader, const yz_statement *statement) {
    static const yz_header paid = {YZ_STR("data.object.payment_status"), YZ_STR("paid")};
    yz_settings *s = reader->settings;
    yz_payment_settings *p = yz_alloc(reader->arena, sizeof *p);
    yz_str name = yz_read_name(reader, statement, "a name, as in payments \"stripe\" { secret = env \"STRIPE_WEBHOOK_SECRET\" }");
    const char *what = yz_format(reader->arena, "payments \"%.*s\"", YZ_STR_ARGS(name)).p;
    yz_option_set set = {OPTIONS, sizeof OPTIONS / sizeof *OPTIONS, p};
    if (name.n == 0 || !yz_read_no_more(reader, statement, 2) ||
        !yz_options_fill(&set, 1, yz_read_arg(statement, 1), what, reader->arena, reader->diag))
        return;
    p->name = yz_dup(reader->arena, name);
    if (p->only.n == 0)
        p->only = (yz_map){&paid, 1};
    const char *fault = fault_of(p);
    for (const yz_payment_settings *other = s->payments; other && !fault; other = other->next)
        if (yz_str_eq(other->name, p->name))
            fault = "there is one of that name already";
    if (fault) {
        yz_diag_error(reader->diag, "%s: %s", what, fault);
        return;
    }
    p->next = s->payments;
    s->payments = p;
}

void yz_read_finish_payments(yz_reader *reader) {
    const yz_settings *s = reader->settings;
    if (s->payments && !s->ledger)
        yz_diag_error(reader->diag,
                      "payments \"%.*s\": there is no ledger to pay into: ledger \"sqlite\" { path = \"/var/lib/yuzui/ledger.db\" }",
                      YZ_STR_ARGS(s->payments->name));
}
