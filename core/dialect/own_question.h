/* dialect/own_question.h: a question of the gateway's own that is a text alone (llm.chat, `yuzui init`).
 *
 * It has no client, so it has no dialect: what counts is its neutral form, and core/dialect writes that for whichever target is asked, also
 * for one that speaks the dialect of its body. So nobody who asks has to know which models spell a limit how. The body is there for stages
 * that look at bodies (a cache's key, a policy below), and has the form of chats that name no dialect (yz_adapter.fallback). A stage that
 * changes it makes it a body like any other.
 */
#ifndef YUZUI_DIALECT_OWN_QUESTION_H
#define YUZUI_DIALECT_OWN_QUESTION_H

#include <yuzui/adapter.h>

/* Makes the body of such a question. `out` holds a JSON object, empty or not, without messages: they are put into it, with the plain text
 * as the one message of a user. YZ_EUNSUPPORTED: this adapter (NULL: there is none) does not say how. */
int yz_own_question_put(const yz_adapter *form, yz_arena *arena, yz_str text, yz_buf *out);
/* The request, whose body and place are set, is such a question. One that uses a vendor's own words (a field that a neutral request does
 * not have by that name) stays as it was said for targets of its dialect. */
void yz_own_question(yz_request *request);
/* Is the request written for this target? So it is if that has another dialect, or for such a question that loses nothing by it. */
bool yz_own_question_rewritten(const yz_request *request, yz_arena *arena, const yz_target *target);

#endif
