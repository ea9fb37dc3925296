/* http/form.h: a body of the type multipart/form-data (RFC 7578, RFC 2046 section 5.1), as forms and SDKs send files.
 *
 * Strict, since somebody else reads the same bytes after us, and two readers shall not see two different forms: no text before the first
 * boundary or after the last, no line folded over, every part with one Content-Disposition that is form-data and has one name. Nothing is
 * copied or decoded. No I/O. */
#ifndef YUZUI_HTTP_FORM_H
#define YUZUI_HTTP_FORM_H

#include <yuzui/request.h>

/* Is it this Content-Type, whatever its parameters? */
bool yz_form_is(yz_str type);
/* Reads a whole body. The form is made in `arena`, and its slices lie in `type` and `body`. YZ_EINVAL, YZ_ELIMIT (over YZ_FORM_FIELDS
 * fields, or a part's head over YZ_FORM_HEAD bytes): *why says what is wrong, a static text. */
#define YZ_FORM_FIELDS 1000
#define YZ_FORM_HEAD   ((size_t)8 << 10)
int yz_form_read(yz_arena *arena, yz_str type, yz_str body, const yz_form **form, const char **why);
/* Reads the beginning of a form of which more is to come. True: it reaches into the value of a part, which is the last of the form, and
 * open; what stands before it is as in yz_form_read. False: it does not, or it is none. */
bool yz_form_read_known(yz_arena *arena, yz_str type, yz_str known, const yz_form **form);

#endif
