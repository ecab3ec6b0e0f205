/* One batch, executed and stopped: permits, gate, fences, verdicts. Checked by ./check-model; README.md says what it taught.

   One run, one batch, ATTEMPTS attempts (one worker process each) of TRIES destination transactions (writes) each.
   Faults: coordinator crash, worker death, a worker in doubt, RETRY, transactions that end by themselves, lost, late,
   repeated and reordered messages. The user: one graceful cancel, one force cancel, at any moment, in this order.

   How to read it. A process here is one party's list of steps; every step is one atomic, guarded option over global
   state. No party has a program counter, so a crash between any two steps is covered by the one crash option. A message
   is a bit that is set when it is sent and never cleared: never taken = lost, taken late = delayed, taken again =
   repeated, in any order. Every step sets something that is not unset again, so every execution ends, and "stuck
   before terminal" is found by `timeout` without fairness; `calm` ends faults and cancels.

   Destinations: PostgreSQL with gate and fences by default; -DSQLITE has none, a transaction dies with its process.
   The model allows more than the rules do, where that costs nothing: the worker's fence row may still be on its way when
   its INTENT leaves, and closing a fence needs no death proof.

   Not in it: held, guards, HTTP, leases, several runs, several batches. Each M_ switch is one mistake; check-model asserts
   that every one is caught. */

#ifndef TRIES
#define TRIES 1
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef DEATHS
#define DEATHS 1
#endif
#ifndef RETRIES
#define RETRIES 1
#endif
#ifndef DOUBTS
#define DOUBTS 1
#endif
#define ATTEMPTS 2
#define WRITES (ATTEMPTS*TRIES)
#define FIRST(a) ((a)*TRIES)
#define OF(x) ((x)/TRIES)               /* the attempt of a write */
#define CURRENT(a) (FIRST(a)+try[a])    /* the write that the worker of an attempt is at */

/* ------------------------------------------------------------------------------------------------ words */

mtype = { RUNNING, DRAINING, TERMINATING, RECONCILING, COMPLETED, CANCELLED, FAILED };         /* run */
mtype = { NONE, OPEN, RETURNED, DONE, CONDEMNED, CLOSED, RECONCILED };                         /* attempt */
mtype = { UNDECIDED, PERMIT, REFUSE, RETRY, WITHDRAWN };                                       /* decision of a write */
mtype = { NO_VERDICT, APPLIED, NOT_APPLIED };                                                  /* verdict of an attempt's records */
mtype = { IDLE, STAGED, WAITING, COMMITTING, OVER };                                           /* worker */
mtype = { NOT_BEGUN, IN_PROGRESS, CHECKED, COMMITTED, ABORTED };                               /* destination transaction */
mtype = { NO_ROW, OPENED, TOMBSTONE };                                                         /* fence row */

/* A failed assertion names its invariant: the tag is part of the text that pan prints. */
hidden byte I1 = 1, I2 = 1, I3 = 1, I4 = 1, I5 = 1, I6 = 1, I7 = 1, I8 = 1, I9 = 1,
            I14 = 1, I16 = 1, ANSWER = 1, FENCES = 1;
#define HOLDS(tag, condition) assert((condition) || !(tag))

/* ------------------------------------------------------------------------------------------------ state, by owner */

/* The store: durable, one leader. Intent and decision are one row: UNDECIDED = no intent stored. */
mtype run_ = RUNNING;
mtype attempt[ATTEMPTS] = NONE;
mtype decision[WRITES] = UNDECIDED;
bool  ended[WRITES];                    /* OUTCOME journalled, or superseded by a later INTENT of the attempt */
mtype verdict[ATTEMPTS] = NO_VERDICT;
bool  batch_done;
byte  epoch = 1;                        /* C */
byte  sequence;                         /* S */

/* The coordinator's memory: lost in a crash. */
bool  deciding[WRITES];                 /* decided in memory, waiting for the group commit */
bool  unsent[WRITES];                   /* permit durable and not yet sent, by this coordinator */
bool  known[ATTEMPTS];                  /* incarnation known: assigned by this coordinator, or said HELLO to it */
bool  answered;                         /* the force cancel was answered */
bool  gate_closed;                      /* the errand that closes the gate has come back */
bool  fence_closed[ATTEMPTS];           /* the errand that closes the fence has come back */

/* The worker processes. */
mtype worker[ATTEMPTS] = IDLE;
byte  try[ATTEMPTS];
bool  alive[ATTEMPTS] = true;

/* Messages. What is stored for ever can be read off the store, late or not at all, in place of a message: DRAIN, TERMINATE,
   the desired state in every answer, a refusal. */
bool  assign_sent[ATTEMPTS];
bool  intent_sent[WRITES];
bool  permit_sent[WRITES];
bool  retry_sent[WRITES];
bool  outcome_sent[WRITES];
bool  returned_sent[ATTEMPTS];
bool  doubt_sent[ATTEMPTS];
bool  fence_insert_sent[ATTEMPTS];      /* worker to destination */
bool  commit_sent[WRITES];              /* worker to destination: check gate and fence, COMMIT */

/* The destination: outlives everybody. */
mtype transaction[WRITES] = NOT_BEGUN;
mtype fence[ATTEMPTS] = NO_ROW;
bool  gate_open = true;

/* Ghosts: what only the model knows. */
byte  effects;                          /* times the batch's records were written */
bool  effect_of[ATTEMPTS];
byte  verdicts_applied;
byte  ends;                             /* terminal transitions */
byte  outstanding;                      /* permits without outcome when the force cancel was accepted */
byte  epoch_seen;                       /* highest that left in a message */
byte  sequence_seen;
bool  calm;
byte  crashes = CRASHES;
byte  deaths = DEATHS;
byte  retries = RETRIES;
byte  doubts = DOUBTS;

/* ------------------------------------------------------------------------------------------------ predicates */

#define LIVE (run_ == RUNNING || run_ == DRAINING)
#define TERMINAL (run_ == COMPLETED || run_ == CANCELLED || run_ == FAILED)
#define UNCLOSED(a) (attempt[a] == OPEN || attempt[a] == CONDEMNED)
#define UNRECONCILED(a) (UNCLOSED(a) || attempt[a] == CLOSED)
#define SPENT(a) (attempt[a] == RETURNED || attempt[a] == RECONCILED)
#define PERMITTED(x) (decision[x] == PERMIT && !ended[x] && UNRECONCILED(OF(x)))
#define SEEN_COMMITTED(x) (decision[x] == PERMIT && transaction[x] == COMMITTED)

#if TRIES == 2
#define ANY_WRITE(a, P) (P(FIRST(a)) || P(FIRST(a)+1))
#define COUNT_WRITES(a, P) ((P(FIRST(a)) -> 1 : 0) + (P(FIRST(a)+1) -> 1 : 0))
#else
#define ANY_WRITE(a, P) (P(FIRST(a)))
#define COUNT_WRITES(a, P) (P(FIRST(a)) -> 1 : 0)
#endif
#define ANY_ATTEMPT(P) (P(0) || P(1))
#define LOCKED(x) (transaction[x] == CHECKED)          /* holds gate and fence row FOR SHARE */
#define LOCKED_BY(a) (ANY_WRITE(a, LOCKED))
#define UNSENT(x) (unsent[x])
#define UNSENT_OF(a) (ANY_WRITE(a, UNSENT))
#if TRIES == 2
#define SUPERSEDED(x) ((x) == FIRST(OF(x)) && decision[(x)+1-((x)%TRIES)] != UNDECIDED)
#else
#define SUPERSEDED(x) false
#endif
#define REPORTED(x) (ended[x] && transaction[x] == COMMITTED)

/* ------------------------------------------------------------------------------------------------ mutations */

/* Spin ends a statement at a line end, so a mutation is a macro and not an #ifdef inside a condition. */

#ifdef M_CHECK_DOES_NOT_RAISE            /* returns no rows, and the pipelined COMMIT goes on */
#define CHECK_PASSES(a) true
#else
#define CHECK_PASSES(a) (gate_open && fence[a] == OPENED)
#endif

#ifdef M_NO_FOR_SHARE                    /* the check reads without a lock that holds the closer back */
#define CLOSER_WAITS_FOR(condition) false
#else
#define CLOSER_WAITS_FOR(condition) (condition)
#endif

#ifdef M_PERMIT_CHECKS_RUN_ONLY          /* and not that the attempt is open */
#define MAY_PERMIT(a) LIVE
#else
#define MAY_PERMIT(a) (LIVE && attempt[a] == OPEN)
#endif

#ifdef M_PERMIT_AFTER_CANCEL             /* run row read in one store transaction, decision stored in the next */
#define STILL_MAY_PERMIT(a) true
#else
#define STILL_MAY_PERMIT(a) MAY_PERMIT(a)
#endif

#ifdef M_PERMIT_NAMES_NO_WRITE           /* the worker commits whatever it has open */
#define HAS_PERMIT(a) (ANY_WRITE(a, PERMIT_SENT))
#else
#define HAS_PERMIT(a) (permit_sent[CURRENT(a)])
#endif
#define PERMIT_SENT(x) (permit_sent[x])

#ifdef M_ANSWER_BEFORE_PERMITS_LEFT
#define PERMITS_HAVE_LEFT true
#else
#define PERMITS_HAVE_LEFT (!ANY_ATTEMPT(UNSENT_OF))
#endif

#ifdef M_TRUST_OUTCOMES_ONLY             /* no OUTCOME, so it was not applied */
#define EVIDENCE(x) REPORTED(x)
#else
#define EVIDENCE(x) SEEN_COMMITTED(x)
#endif

#ifdef M_DRAIN_ENDS_WHEN_CLOSED          /* and not when reconciled */
#define DRAINED (!ANY_ATTEMPT(UNCLOSED))
#else
#define DRAINED (!ANY_ATTEMPT(UNRECONCILED))
#endif

#ifdef M_REASSIGN_BEFORE_VERDICT         /* a lost lease taken for a death */
#define FREE_AGAIN(a) (SPENT(a) || attempt[a] == CONDEMNED || attempt[a] == CLOSED)
#else
#define FREE_AGAIN(a) SPENT(a)
#endif

#ifdef M_RETRY_NOT_STORED                /* answered and forgotten */
#define STORED_RETRY UNDECIDED
#else
#define STORED_RETRY RETRY
#endif

#ifdef SQLITE                            /* no session outlives its process; no gate, no fences */
#define RUNS_WITHOUT_WORKER false
#ifdef M_NO_DEATH_PROOF
#define MAY_CLOSE(a) true
#else
#define MAY_CLOSE(a) (!alive[a])
#endif
#define MAY_CLOSE_GATE true
#else                                    /* PostgreSQL runs what it was sent, whoever is dead */
#define RUNS_WITHOUT_WORKER true
#ifdef M_NO_FENCE                        /* kill -9, proven, taken for the end of its writes */
#define MAY_CLOSE(a) (!alive[a])
#define MAY_CLOSE_GATE true
#else
#define MAY_CLOSE(a) (!CLOSER_WAITS_FOR(LOCKED_BY(a)))
#define MAY_CLOSE_GATE (!CLOSER_WAITS_FOR(ANY_ATTEMPT(LOCKED_BY)))
#endif
#endif
#if defined(SQLITE) || defined(M_NO_FENCE)
#define NO_CLOSING
#endif

/* ------------------------------------------------------------------------------------------------ invariants */

/* Records of the batch become visible at the destination. */
inline effect(x) {
  effects++; effect_of[OF(x)] = true;
  HOLDS(I1, effects <= 1);
  HOLDS(I7, decision[x] == PERMIT);
  HOLDS(I2, verdict[OF(x)] == NO_VERDICT);
  HOLDS(I3, !TERMINAL);
  if :: LIVE -> skip :: else -> HOLDS(I14, outstanding > 0); outstanding-- fi
}

inline applied(a) {
  HOLDS(I2, verdict[a] == NO_VERDICT && effect_of[a]);
  HOLDS(I1, verdicts_applied == 0);
  verdict[a] = APPLIED; verdicts_applied++; batch_done = true
}

inline not_applied(a) {
  HOLDS(I2, verdict[a] == NO_VERDICT && !effect_of[a]);
  verdict[a] = NOT_APPLIED
}

inline end_run(state) {
  run_ = state; ends++;
  HOLDS(I4, ends == 1);
  HOLDS(I2, batch_done == (effects == 1))
}

/* A control decision is durable before TICK, DRAIN, TERMINATE or any answer carries its S. */
inline announce() {
  HOLDS(I9, epoch >= epoch_seen && sequence >= sequence_seen);
  epoch_seen = epoch; sequence_seen = sequence
}

/* ------------------------------------------------------------------------------------------------ parties */

/* A worker process: executes one attempt, dies at any instruction. */
proctype Worker(byte a) {
  do
  :: atomic { alive[a] && worker[a] == IDLE && assign_sent[a] ->                /* fence row, BEGIN, write, before-images */
       worker[a] = STAGED; fence_insert_sent[a] = true; transaction[FIRST(a)] = IN_PROGRESS;
#ifdef M_WRITE_WITHOUT_TRANSACTION
       transaction[FIRST(a)] = COMMITTED; effect(FIRST(a));
#endif
     }
  :: atomic { alive[a] && worker[a] == STAGED ->
       worker[a] = WAITING; intent_sent[CURRENT(a)] = true }
  :: atomic { alive[a] && worker[a] == STAGED && try[a] == 0 && run_ == DRAINING ->   /* DRAIN seen: not started, goes back */
       worker[a] = OVER; returned_sent[a] = true;
       if :: transaction[FIRST(a)] == IN_PROGRESS -> transaction[FIRST(a)] = ABORTED :: else fi }
  :: atomic { alive[a] && worker[a] == WAITING && HAS_PERMIT(a) ->
       worker[a] = COMMITTING; commit_sent[CURRENT(a)] = true }
  :: atomic { alive[a] && worker[a] == WAITING &&
         (decision[CURRENT(a)] == REFUSE || decision[CURRENT(a)] == WITHDRAWN) ->
       worker[a] = OVER;
       if :: transaction[CURRENT(a)] == IN_PROGRESS -> transaction[CURRENT(a)] = ABORTED :: else fi }
  :: atomic { alive[a] && worker[a] == WAITING && retry_sent[CURRENT(a)] ->
       worker[a] = OVER; returned_sent[a] = true;
       if :: transaction[CURRENT(a)] == IN_PROGRESS -> transaction[CURRENT(a)] = ABORTED :: else fi }
#if TRIES == 2
     /* Fewer rows than intended, 40001, 55P03: roll back, another transaction, another INTENT with another write id. */
  :: atomic { !calm && alive[a] && try[a] == 0 &&
         ((worker[a] == WAITING && transaction[FIRST(a)] == IN_PROGRESS) ||
          (worker[a] == COMMITTING && transaction[FIRST(a)] == ABORTED)) ->
       transaction[FIRST(a)] = ABORTED; try[a] = 1; transaction[CURRENT(a)] = IN_PROGRESS; worker[a] = STAGED }
#endif
  :: atomic { alive[a] && worker[a] == COMMITTING &&
         (transaction[CURRENT(a)] == COMMITTED || transaction[CURRENT(a)] == ABORTED) ->
       worker[a] = OVER; outcome_sent[CURRENT(a)] = true }
  :: atomic { !calm && doubts > 0 && alive[a] && worker[a] == COMMITTING ->     /* connection lost after COMMIT was sent */
       doubts--; worker[a] = OVER; doubt_sent[a] = true }
  :: atomic { !calm && deaths > 0 && alive[a] && worker[a] != IDLE -> deaths--; alive[a] = false; worker[a] = OVER }
  :: atomic { alive[a] && (attempt[a] == CONDEMNED || attempt[a] == CLOSED || attempt[a] == RECONCILED) ->
       alive[a] = false; worker[a] = OVER }                                     /* the supervisor's KILL, or TERMINATE seen */
  od
}

/* The destination's side of one write, and of its attempt's fence row. */
proctype Destination(byte x) {
  do
  :: atomic { fence_insert_sent[OF(x)] && fence[OF(x)] == NO_ROW ->             /* a plain INSERT: fails on a tombstone */
       fence[OF(x)] = OPENED }
  :: atomic { commit_sent[x] && transaction[x] == IN_PROGRESS && (RUNS_WITHOUT_WORKER || alive[OF(x)]) ->
#ifdef SQLITE
       transaction[x] = CHECKED }                                               /* nothing to check */
#else
       HOLDS(FENCES, (gate_open || !LIVE) && (fence[OF(x)] != TOMBSTONE || attempt[OF(x)] != OPEN));
       if :: CHECK_PASSES(OF(x)) -> transaction[x] = CHECKED :: else -> transaction[x] = ABORTED fi }
#endif
  :: atomic { transaction[x] == CHECKED && (RUNS_WITHOUT_WORKER || alive[OF(x)]) ->
       transaction[x] = COMMITTED; effect(x) }
  :: atomic { transaction[x] == CHECKED && !(RUNS_WITHOUT_WORKER || alive[OF(x)]) -> transaction[x] = ABORTED }
  :: atomic { transaction[x] == IN_PROGRESS && (!calm || !alive[OF(x)]) -> transaction[x] = ABORTED }   /* session end, time-outs */
  od
}

/* The coordinator's handling of one write: INTENT, decision, permit, OUTCOME. */
proctype Permitting(byte x) {
  do
  :: atomic { intent_sent[x] && decision[x] == UNDECIDED && !deciding[x] && known[OF(x)] && MAY_PERMIT(OF(x)) ->
       deciding[x] = true }
  :: atomic { deciding[x] && decision[x] == UNDECIDED ->                        /* group commit: intent and decision */
       deciding[x] = false;
       if
       :: STILL_MAY_PERMIT(OF(x)) && !SUPERSEDED(x) ->
            decision[x] = PERMIT; unsent[x] = true;
            HOLDS(I5, LIVE && attempt[OF(x)] == OPEN);
#if TRIES == 2
            ended[FIRST(OF(x))] = ended[FIRST(OF(x))] || x != FIRST(OF(x));     /* a later INTENT: the earlier one was rolled back */
#endif
            HOLDS(I14, COUNT_WRITES(OF(x), PERMITTED) <= 1)
       :: else -> decision[x] = REFUSE
       fi }
  :: atomic { !calm && retries > 0 && intent_sent[x] && decision[x] == UNDECIDED && !deciding[x] && known[OF(x)] &&
         run_ == RUNNING && attempt[OF(x)] == OPEN && !ANY_WRITE(OF(x), PERMITTED) ->
       retries--; decision[x] = STORED_RETRY; retry_sent[x] = true }            /* hold, store busy */
  :: atomic { unsent[x] -> unsent[x] = false; permit_sent[x] = true; HOLDS(ANSWER, !answered) }
  :: atomic { unsent[x] && run_ == TERMINATING && PERMITTED(x) ->               /* only by who knows that it has not sent it */
       unsent[x] = false; decision[x] = WITHDRAWN; outstanding-- }
     /* INTENT again, to a new coordinator: the stored answer, while the attempt stands. */
  :: atomic { intent_sent[x] && decision[x] == PERMIT && !unsent[x] && !permit_sent[x] && known[OF(x)] && MAY_PERMIT(OF(x)) ->
       permit_sent[x] = true }
  :: atomic { intent_sent[x] && !retry_sent[x] && decision[x] == RETRY -> retry_sent[x] = true }
     /* OUTCOME: journalled once; from a condemned incarnation it changes nothing. */
  :: atomic { outcome_sent[x] && !ended[x] && known[OF(x)] && attempt[OF(x)] == OPEN ->
       ended[x] = true;
       if :: transaction[x] == COMMITTED -> attempt[OF(x)] = DONE; applied(OF(x))
          :: else -> attempt[OF(x)] = RETURNED; not_applied(OF(x)) fi }
  od
}

/* The coordinator's handling of one attempt: assign, adopt, condemn, close, reconcile. */
proctype Attempt(byte a) {
  do
  :: atomic { run_ == RUNNING && attempt[a] == NONE && !batch_done && (a == 0 || FREE_AGAIN(0)) ->
       attempt[a] = OPEN; known[a] = true;                                      /* attempt row first, then the message */
       HOLDS(I6, a == 0 || !UNRECONCILED(0)) }
  :: atomic { attempt[a] == OPEN && known[a] && !assign_sent[a] && run_ == RUNNING ->
       assign_sent[a] = true; HOLDS(I5, LIVE && attempt[a] == OPEN) }
  :: atomic { attempt[a] == OPEN && known[a] && !assign_sent[a] && run_ == DRAINING ->
       attempt[a] = RETURNED; not_applied(a) }
  :: atomic { attempt[a] == OPEN && known[a] && returned_sent[a] ->             /* without closure: nothing of it is permitted */
       HOLDS(I8, !ANY_WRITE(a, PERMITTED));
       attempt[a] = RETURNED; not_applied(a) }
     /* After a crash: who says HELLO in time is adopted, the others are condemned. */
  :: atomic { attempt[a] == OPEN && !known[a] && alive[a] -> known[a] = true }
  :: atomic { attempt[a] == OPEN && !known[a] && LIVE -> attempt[a] = CONDEMNED }
     /* A death that nobody ordered; a worker in doubt. */
  :: atomic { attempt[a] == OPEN && LIVE && (!alive[a] || (doubt_sent[a] && known[a])) -> attempt[a] = CONDEMNED }
#ifdef M_WITHDRAW_AFTER_CRASH                                                   /* "I do not remember sending it" */
  :: atomic { attempt[a] == CONDEMNED && decision[FIRST(a)] == PERMIT && !ended[FIRST(a)] && !known[a] && crashes < CRASHES ->
       decision[FIRST(a)] = WITHDRAWN; outstanding = (outstanding > 0 -> outstanding - 1 : 0) }
#endif
  :: atomic { attempt[a] == CONDEMNED && !fence_closed[a] && MAY_CLOSE(a) ->
       fence_closed[a] = true;
#ifndef NO_CLOSING
#ifdef M_CLOSE_BY_UPDATE                                                        /* 0 rows where the worker has not opened it yet */
       if :: fence[a] == OPENED -> fence[a] = TOMBSTONE :: else fi
#else
       fence[a] = TOMBSTONE                                                     /* INSERT … ON CONFLICT DO UPDATE */
#endif
#endif
#ifdef M_GATE_CLOSED_BY_WORKER_DEATH
       ; gate_open = false
#endif
     }
  :: atomic { attempt[a] == CONDEMNED && fence_closed[a] -> attempt[a] = CLOSED }
     /* Evidence (pg_xact_status, or the marker row); without a stored permit there is nothing to ask. */
  :: atomic { attempt[a] == CLOSED && (LIVE || run_ == RECONCILING) ->
       attempt[a] = RECONCILED; HOLDS(I8, fence_closed[a]);
       if :: ANY_WRITE(a, EVIDENCE) -> applied(a)
          :: else -> not_applied(a) fi }
#ifdef M_VERDICT_BEFORE_CLOSURE                                                 /* read right after waitpid */
  :: atomic { attempt[a] == CONDEMNED && !alive[a] ->
       attempt[a] = RECONCILED;
       if :: ANY_WRITE(a, EVIDENCE) -> applied(a)
          :: else -> not_applied(a) fi }
#endif
  od
}

/* The run row, the user, and the coordinator's crash. */
proctype Run() {
  byte i;
  do
  :: atomic { !calm -> calm = true }
  :: atomic { !calm && run_ == RUNNING -> run_ = DRAINING; sequence++; announce() }      /* cancel, graceful */
  :: atomic { !calm && LIVE ->                                                           /* cancel, force: one store transaction */
       run_ = TERMINATING; sequence++; announce();
       outstanding = COUNT_WRITES(0, PERMITTED) + COUNT_WRITES(1, PERMITTED);
       HOLDS(I14, outstanding <= 1);                                                     /* one batch: one worker has it */
       for (i : 0 .. ATTEMPTS-1) { if :: attempt[i] == OPEN -> attempt[i] = CONDEMNED :: else fi };
       i = 0 }
  :: atomic { run_ == TERMINATING && !answered && PERMITS_HAVE_LEFT -> answered = true }
  :: atomic { run_ == TERMINATING && !gate_closed && MAY_CLOSE_GATE ->
       gate_closed = true;
#ifndef NO_CLOSING
       gate_open = false
#endif
     }
  :: atomic { run_ == TERMINATING && gate_closed && !ANY_ATTEMPT(UNCLOSED) -> run_ = RECONCILING }
  :: atomic { run_ == RECONCILING && !ANY_ATTEMPT(UNRECONCILED) -> end_run(CANCELLED) }
  :: atomic { LIVE && batch_done && !ANY_ATTEMPT(UNRECONCILED) -> end_run(COMPLETED) }
  :: atomic { run_ == DRAINING && !batch_done && DRAINED -> end_run(CANCELLED) }
  :: atomic { run_ == RUNNING && !batch_done && SPENT(0) && SPENT(1) -> end_run(FAILED) }
#ifdef M_FAIL_WITH_ATTEMPTS_OPEN                                                         /* error budget spent, nobody asked the workers */
  :: atomic { !calm && run_ == RUNNING -> end_run(FAILED) }
#endif
  :: atomic { !calm && crashes > 0 && !TERMINAL ->
       crashes--; answered = false; gate_closed = false; epoch++;
       for (i : 0 .. WRITES-1) {
         deciding[i] = false; unsent[i] = false;
#ifdef M_DECISION_NOT_STORED
         if :: decision[i] == PERMIT -> decision[i] = UNDECIDED :: else fi
#endif
       };
       for (i : 0 .. ATTEMPTS-1) { known[i] = false; fence_closed[i] = (attempt[i] == CONDEMNED -> false : fence_closed[i]) };
#ifdef M_SEQUENCE_NOT_STORED
       sequence = 0;
#endif
       i = 0; announce() }
  od
}

/* I16: nobody is stuck before the end. */
proctype Monitor() { timeout -> HOLDS(I16, TERMINAL) }

init {
  byte i;
  atomic {
    for (i : 0 .. ATTEMPTS-1) { run Worker(i); run Attempt(i) };
    for (i : 0 .. WRITES-1) { run Destination(i); run Permitting(i) };
    run Run(); run Monitor();
    i = 0
  }
}
