/* classify.c: the tables of classify.h. */
#include "upstream/classify.h"

#include "base/check.h"

const yz_fault_kind *yz_fault_kind_of(yz_fault fault) {
    static const yz_fault_kind kinds[] = {
#define YZ_FAULT_KIND(name, class_, since, text) [YZ_FAULT_##name] = {YZ_ERROR_##class_, YZ_SINCE_##since, text},
        YZ_FAULTS(YZ_FAULT_KIND)
#undef YZ_FAULT_KIND
    };
    YZ_MUST(fault > YZ_FAULT_NONE && (size_t)fault < sizeof kinds / sizeof *kinds);
    return &kinds[fault];
}

yz_fault yz_fault_of_head(int status) {
    if (status >= 300 && status <= 399)
        return YZ_FAULT_REDIRECT;
    return status == 206 ? YZ_FAULT_PARTIAL : YZ_FAULT_NONE;
}

static bool is_overloaded(int status) { return status == 503 || status == 529; }

/* nginx's word for a client that hung up. We did not: somebody between here and the provider lost the answer that it was making. */
static bool is_hung_up(int status) { return status == 499; }

yz_started yz_status_started(int status) {
    bool refused = (status < 500 && status != 408 && !is_hung_up(status)) || is_overloaded(status);
    return refused ? YZ_STARTED_NO : YZ_STARTED_MAYBE;
}

bool yz_status_is_credentials(int status) { return status == 401 || status == 403 || status == 407; /* a proxy on the way */ }

bool yz_status_is_loop(int status) { return status == 508; }

bool yz_status_explains(int status) { return (status < 500 && !is_hung_up(status)) || is_overloaded(status) || yz_status_is_loop(status); }
