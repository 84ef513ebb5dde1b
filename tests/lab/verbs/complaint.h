/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns how these programs say that a call failed. Must never know what the call
 * was for.
 */
#ifndef TESTS_LAB_VERBS_COMPLAINT_H
#define TESTS_LAB_VERBS_COMPLAINT_H

/**
 * verbs_failed() - say on standard error which call failed, and why
 * @error: errno of the call, positive; 0 where the call left none
 * @call: name of the call, as for printf
 *
 * Return: -@error; -EIO where @error is 0.
 */
int verbs_failed(int error, const char *call, ...) __attribute__((format(printf, 2, 3)));

#endif
