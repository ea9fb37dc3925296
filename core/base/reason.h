/* base/reason.h: why a file cannot be opened, for messages. */
#ifndef YUZUI_BASE_REASON_H
#define YUZUI_BASE_REASON_H

/* The text of an errno; of a permission that is lacking also whose it should be: who checks a config is not always who runs it. Good until
 * the thread's next call. */
const char *yz_file_reason(int code);

#endif
