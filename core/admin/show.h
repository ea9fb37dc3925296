/* admin/show.h: a call that runs, as JSON: what it is doing. The worker's own thread. */
#ifndef YUZUI_ADMIN_SHOW_H
#define YUZUI_ADMIN_SHOW_H

#include <yuzui/call.h>

/* {…}, with a comma after it. */
void yz_admin_put_call(yz_buf *out, const yz_worker *worker, const yz_call *root);

#endif
