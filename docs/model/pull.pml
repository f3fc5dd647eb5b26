// SPDX-License-Identifier: BSL-1.0
/* pull.pml - pull under lock: a source that can only get, put and erase one key,
 * without versions, without a fence, without transactions.  The target's database
 * holds the fence (is an era open? is it synced?).  One key.
 *
 * A write: its intent becomes durable in a spool, then the put is sent.  The put
 * lands at once, late, or never; the caller hears "done", "refused" or nothing.
 * A pull: enter the target's fence (shared, held to the commit), lock the target's
 * key, read the source inside the lock, write the target, commit; then, if the
 * intent was removable BEFORE the pull began, remove it.
 * An intent is removable if its outcome is known, or if it is unknown and the
 * limit of late landings has passed (the model's one assumption about time: an
 * intent expires only when its put cannot land any more).
 * No era open: a removable intent is dropped without a pull, if the fence was
 * read after it was seen to be removable.
 * Writers keep no belief: they record intents in every phase.
 *
 * src, tgt = the write they hold, 0 = nothing ever.  Write 1 is the row that was
 * there before (INIT=1).  Every later write is a put or an erase.
 * Every process may stop for ever between two of its steps, where that leaves
 * no lock (a crash inside a transaction is a rollback).
 *
 * Bounds:  OPS writes, NW writers, NP pullers, FLIPS changes of the era
 * Options: START=1 begins without an era (default), START=2 inside one
 *          KEEP     entering an era does not empty the target
 *          RESTART  a process restarts: what it knew about outcomes is forgotten
 *          LOSE     a spool is lost; after its late landings are over it is marked, under
 *                   the exclusive fence lock, which makes the table dirty; a backfill that
 *                   began later clears that
 *          REG      every write is of a process and a spool of its own.  The spool is registered
 *                   at the target before the write begins, reports "owes" or "owes nothing" with
 *                   the epoch of the fence that was read before it was counted, and is closed when
 *                   it owes nothing.  OVERS leases end without that: the era counts as not filled
 *                   (a step, under the exclusive fence lock), then the spool counts as lost.  Some
 *                   of them vanish with their intents, others report again.  A drain raises the
 *                   epoch while the writers stand still, and says "the same" where no spool is lost
 *                   and all that are registered owe nothing at that epoch, read before the fence
 * Mutations, each of which must fail: MUT_* below.
 */
#ifndef OPS
#define OPS 2
#endif
#ifndef NW
#define NW 2
#endif
#ifndef NP
#define NP 2
#endif
#ifndef FLIPS
#define FLIPS 2
#endif
#ifndef START
#define START 1
#endif
#ifndef INIT
#define INIT 1
#endif
#ifndef OVERS
#define OVERS 1
#endif
#define NG (OPS + 2)

/* states of an intent; 0 = there is none */
#define INFL 1          /* the write is under way */
#define UNK  2          /* its outcome is unknown, it may still land */
#define KNOWN 3         /* done, or known not to have happened */
#define EXPD 4          /* unknown, and it cannot land any more */

byte st[NG];
byte src = INIT, tgt = 0;
byte fly, gone;         /* sets of writes: may still land; never will */
byte V_del;             /* set of writes that erase */
bit open = (START == 2), synced = 0;
byte era = 0;
byte nsh = 0;           /* pulls inside the fence */
bit kl = 0;             /* the target's lock of the key */
byte nextg = 2, busy = 0, flips = FLIPS;
byte lost = 0, dirty = 0;
#ifdef LOSE
byte losses = 1;
#endif

#ifdef REG
#define LIVE 1          /* registered */
#define MARKED 2        /* its lease is over, and the era counts as not filled */
#define LOST 3
byte reg[NG], cep[NG];  /* cep: epoch of the count */
byte owes, ended;       /* sets of spools: as counted; whose process writes no more */
byte vanished;          /* set of spools */
byte overs = OVERS, drains = 1;
bit halt = 0;           /* the writers stand still */
#define CLEAN(g, e) (reg[g] == 0 || (reg[g] == LIVE && cep[g] == (e) && ((owes >> (g)) & 1) == 0))
#ifdef MUT_OLDCOUNT
#define COUNTED(g, e) CLEAN(g, cep[g])
#else
#define COUNTED(g, e) CLEAN(g, e)
#endif
#if OPS > 1
#define ALLCOUNTED(e) (COUNTED(2, e) && COUNTED(3, e))
#else
#define ALLCOUNTED(e) (COUNTED(2, e))
#endif
#define MAYWRITE (!halt)
#else
#define MAYWRITE true
#endif

#define BIT(g) (1 << (g))
#define ABSENT(x) ((x) == 0 || ((V_del >> (x)) & 1))
#define EQUAL ((ABSENT(src) && ABSENT(tgt)) || src == tgt)
#if OPS > 2
#define NOINTENT (st[2] == 0 && st[3] == 0 && st[4] == 0)
#define ANY(g) if :: st[2] != 0 -> g = 2 :: st[3] != 0 -> g = 3 :: st[4] != 0 -> g = 4 fi
#define ONE(s, g) if :: g = 2 :: g = 3 :: g = 4 fi
#elif OPS > 1
#define NOINTENT (st[2] == 0 && st[3] == 0)
#define ANY(g) if :: st[2] != 0 -> g = 2 :: st[3] != 0 -> g = 3 fi
#define ONE(s, g) if :: g = 2 :: g = 3 fi
#else
#define NOINTENT (st[2] == 0)
#define ANY(g) g = 2
#define ONE(s, g) g = 2
#endif

#if defined(MUT_NOWAIT)         /* an unknown outcome counts as known */
#define REMOVABLE(g) (st[g] >= UNK)
#elif defined(MUT_INFLIGHT)     /* pulled while under way, removed after the pull */
#define REMOVABLE(g) (st[g] >= INFL)
#else
#define REMOVABLE(g) (st[g] >= KNOWN)
#endif

#ifdef REG
#define WOUT ended = ended | BIT(g); g = 0; b = 0; busy--
#else
#define WOUT g = 0; b = 0; busy--
#endif
proctype Writer() {
  byte g; bit b;
end: do
  :: atomic { nextg < NG && MAYWRITE -> g = nextg; nextg++; busy++;
       if :: true :: V_del = V_del | BIT(g) fi }
#if defined(REG) && !defined(MUT_UNREGISTERED)
     d_step { reg[g] = LIVE; cep[g] = era };
#endif
#ifdef MUT_P1NOINTENT
     b = open;                          /* what it believes: as old as you like */
#endif
#ifdef MUT_INTENTAFTER
     fly = fly | BIT(g);
     if
     :: d_step { (fly & BIT(g)) == 0 && (gone & BIT(g)) == 0 -> st[g] = KNOWN; WOUT }
     :: d_step { st[g] = UNK; WOUT }    /* no answer: recorded now */
     :: d_step { WOUT }                 /* crash */
     fi
#else
     if
#ifdef MUT_P1NOINTENT                   /* without an era, as believed, no intent */
     :: b -> st[g] = INFL
     :: !b
#else
     :: st[g] = INFL
#endif
     fi;
     if
     :: d_step { st[g] != 0 -> st[g] = UNK; WOUT }     /* crash: nothing was sent */
     :: fly = fly | BIT(g);
        if
        :: d_step { (fly & BIT(g)) == 0 && (gone & BIT(g)) == 0 ->        /* done */
             if :: st[g] != 0 -> st[g] = KNOWN :: else fi; WOUT }
        :: d_step { (fly & BIT(g)) != 0 -> fly = fly & ~BIT(g);           /* refused */
             if :: st[g] != 0 -> st[g] = KNOWN :: else fi; WOUT }
        :: d_step { if :: st[g] != 0 -> st[g] = UNK :: else fi; WOUT }    /* no answer, crash */
        fi
     fi
#endif
  od
}

/* what was sent lands, late perhaps, or is lost on the way; time passes */
proctype Net() {
  byte g;
end: do
  :: d_step { (fly & BIT(2)) != 0 -> src = 2; fly = fly & ~BIT(2) }
  :: d_step { (fly & BIT(2)) != 0 -> fly = fly & ~BIT(2); gone = gone | BIT(2) }
  :: d_step { st[2] == UNK && (fly & BIT(2)) == 0 -> st[2] = EXPD }
#if OPS > 1
  :: d_step { (fly & BIT(3)) != 0 -> src = 3; fly = fly & ~BIT(3) }
  :: d_step { (fly & BIT(3)) != 0 -> fly = fly & ~BIT(3); gone = gone | BIT(3) }
  :: d_step { st[3] == UNK && (fly & BIT(3)) == 0 -> st[3] = EXPD }
#endif
#if OPS > 2
  :: d_step { (fly & BIT(4)) != 0 -> src = 4; fly = fly & ~BIT(4) }
  :: d_step { (fly & BIT(4)) != 0 -> fly = fly & ~BIT(4); gone = gone | BIT(4) }
  :: d_step { st[4] == UNK && (fly & BIT(4)) == 0 -> st[4] = EXPD }
#endif
#ifdef RESTART
  :: d_step { st[2] == KNOWN -> st[2] = UNK }
#if OPS > 1
  :: d_step { st[3] == KNOWN -> st[3] = UNK }
#endif
#endif
  od
}

#ifdef MUT_NOHOLD
#define ENTER skip
#define LEAVE skip
#else
#define ENTER nsh++
#define LEAVE nsh--
#endif
/* one pull; o = an era was open, ok = committed */
inline pull(o, ok, x) {
  ok = 0;
  atomic { o = open; if :: o -> ENTER :: else fi };
  if
  :: !o
  :: o ->
#ifdef MUT_READFIRST                    /* the source is read before the key is locked */
     x = src;
#endif
#ifndef MUT_NOKEYLOCK
     atomic { kl == 0 -> kl = 1 };
#endif
#ifndef MUT_READFIRST
     x = src;
#endif
#ifdef MUT_SETTLEFIRST                  /* the intent is removed before the commit */
     if :: r -> st[g] = 0 :: else fi;
#endif
     if
     :: d_step { tgt = x; kl = 0; LEAVE; ok = 1 }
     :: d_step { kl = 0; LEAVE }        /* rolled back */
     fi;
     x = 0
  fi
}

#define POUT g = 0; r = 0; o = 0; ok = 0
proctype Puller() {
  byte g, x; bit r, o, ok;
end: do
#ifdef MUT_DROPSTALE                    /* the fence was looked at earlier */
  :: atomic { !NOINTENT -> o = open };
     atomic { if :: NOINTENT :: else -> ANY(g); r = REMOVABLE(g) fi };
     if
     :: d_step { !o && r -> st[g] = 0; POUT }
     :: d_step { else -> POUT }
     fi
#endif
  :: atomic { !NOINTENT -> ANY(g); r = REMOVABLE(g) }
     pull(o, ok, x);
#ifdef MUT_CHECKLATE                    /* removable is asked after the pull */
     r = REMOVABLE(g);
#endif
     if
     :: d_step { r && (!o || ok) -> st[g] = 0; POUT }
     :: d_step { POUT }                 /* not removable, rolled back, or crash */
     fi
  od
}

proctype Backfill() {
  byte e, d, x, g; bit o, ok, s, r;
#ifdef REG
  byte l;                               /* spools that were lost when it began */
#define SEEN l = (reg[2] == LOST -> BIT(2) : 0)
#if OPS > 1
#define SEEN2 l = l | (reg[3] == LOST -> BIT(3) : 0)
#define REPAIRED if :: reg[2] == LOST && (l & BIT(2)) -> reg[2] = 0 :: else fi; \
                 if :: reg[3] == LOST && (l & BIT(3)) -> reg[3] = 0 :: else fi
#else
#define SEEN2 skip
#define REPAIRED if :: reg[2] == LOST && (l & BIT(2)) -> reg[2] = 0 :: else fi
#endif
#define WANTED (!synced || reg[2] == LOST || reg[NG - 1] == LOST)
#else
#define WANTED (!synced || dirty > 0)
#endif
end: do
  :: atomic { open && WANTED -> e = era; d = dirty; s = !ABSENT(src);
#ifdef REG
       SEEN; SEEN2
#else
       skip
#endif
     }
     ok = 1;
     if :: s -> pull(o, ok, x) :: else fi;       /* a key that the source's scan shows */
#ifndef MUT_NOTARGETPASS
     if                                          /* a key that the target alone shows */
     :: ok && !ABSENT(tgt) && ABSENT(src) -> pull(o, ok, x)
     :: else
     fi;
#endif
     d_step {
#ifdef REG
       if :: ok && open && era == e && nsh == 0 -> synced = 1; era++; REPAIRED
       :: else fi; l = 0;
#elif defined(MUT_NOERA)
       if :: ok && open -> synced = 1; dirty = dirty - d :: else fi;
#else
       if :: ok && open && era == e -> synced = 1; dirty = dirty - d :: else fi;
#endif
       e = 0; d = 0; s = 0; o = 0; ok = 0 }
  od
}

/* both fence rows stand in the target's database: one transaction, exclusive lock */
proctype Controller() {
end: do
  :: d_step { flips > 0 && !open && nsh == 0 -> flips--; open = 1; era++; synced = 0;
#ifndef KEEP
       tgt = 0
#else
       skip
#endif
     }
  :: d_step { flips > 0 && open && nsh == 0 -> flips--; open = 0; synced = 0;
#ifdef REG
       era++
#else
       skip
#endif
     }
  od
}

#ifdef REG
#define GONE(g) ((vanished >> (g)) & 1)
#if OPS > 1
#define SPOOL(g) if :: g = 2 :: g = 3 fi
#else
#define SPOOL(g) g = 2
#endif
#ifdef MUT_CLOSEOWING
#define EMPTY(g) true
#else
#define EMPTY(g) (st[g] == 0)
#endif
/* a spool counts, reports, and is closed */
proctype Report() {
  byte g, f; bit c;
end: do
  :: atomic { SPOOL(g); if :: reg[g] != 0 && !GONE(g) -> f = era :: else -> g = 0 fi };
     if
     :: g != 0 -> d_step { c = (st[g] != 0) };
        d_step {
          if
          :: reg[g] != 0 && !GONE(g) && f >= cep[g] ->
             reg[g] = LIVE; cep[g] = f;
             if :: c -> owes = owes | BIT(g) :: else -> owes = owes & ~BIT(g) fi
          :: else
          fi; g = 0; f = 0; c = 0 }
     :: else
     fi
  :: d_step { reg[2] == LIVE && (ended & BIT(2)) && !GONE(2) && EMPTY(2) -> reg[2] = 0 }
  od
}

#ifdef MUT_NOLEASE                      /* a process writes after the end of its lease */
#define OVER(g) (true)
#else                                   /* and nothing that it sent can land any more */
#define OVER(g) ((ended & BIT(g)) && (fly & BIT(g)) == 0)
#endif
#define UNFILL if :: open -> synced = 0; era++ :: else fi
/* a lease that ends, and what the others make of it */
proctype Lease() {
  byte g;
end: do
  :: atomic { overs > 0 -> SPOOL(g);
       if
       :: reg[g] == LIVE && OVER(g) -> overs--;
          if :: true :: (ended & BIT(g)) -> vanished = vanished | BIT(g);
                        if :: st[g] != 0 -> lost = lost | BIT(g); st[g] = 0 :: else fi
          fi
       :: else -> g = 0
       fi };
     if
     :: g == 0
#ifdef MUT_FORGET                       /* removed, without a mark */
     :: g != 0 -> d_step { reg[g] = 0; lost = lost & ~BIT(g); g = 0 }
#elif defined(MUT_LOSTFIRST)            /* lost before the mark is taken back */
     :: g != 0 -> reg[g] = LOST;
        d_step { nsh == 0 -> UNFILL; lost = lost & ~BIT(g); g = 0 }
#else
     :: g != 0 ->
#ifdef MUT_UNFILLNOLOCK                 /* taken back without the exclusive fence lock */
        d_step {
#else
        d_step { nsh == 0 ->
#endif
          UNFILL; lost = lost & ~BIT(g); if :: reg[g] == LIVE -> reg[g] = MARKED :: else fi };
        d_step { if :: reg[g] == MARKED -> reg[g] = LOST :: else fi; g = 0 }
#endif
     fi
  od
}

proctype Drain() {
  byte e;
end: do
  :: d_step { drains > 0 && open && synced && busy == 0 && nsh == 0 ->
       drains--; halt = 1; era++; e = era };
     if
     :: ALLCOUNTED(e);                  /* the registrations, and then the fence */
        d_step { if :: open && synced && era == e -> assert(EQUAL && fly == 0) :: else fi;
          halt = 0; e = 0 }
     :: d_step { halt = 0; e = 0 }      /* its time is over */
     fi
  od
}
#endif

#ifdef LOSE
proctype Lose() {
  byte g;
end: do
  :: d_step { losses > 0 && st[2] >= UNK -> losses--; st[2] = 0; lost = lost | BIT(2) }
#if OPS > 1
  :: d_step { losses > 0 && st[3] >= UNK -> losses--; st[3] = 0; lost = lost | BIT(3) }
#endif
#ifdef MUT_NODIRTY
  :: d_step { lost != 0 -> lost = 0 }
#elif defined(MUT_LOSTEARLY)            /* marked, and repaired, while it may still land */
  :: d_step { lost != 0 -> lost = 0; dirty++ }
#elif defined(MUT_MARKNOLOCK)           /* marked without the exclusive fence lock */
  :: d_step { lost != 0 && (lost & fly) == 0 -> lost = 0; dirty++ }
#else
  :: d_step { lost != 0 && (lost & fly) == 0 && nsh == 0 -> lost = 0; dirty++ }
#endif
  od
}
#endif

/* Synced, not dirty, nothing owed: both sides are the same, and stay so. */
#define LANDED (fly == 0)
proctype Quiet() {
end: do
  :: d_step { open && synced && dirty == 0 && lost == 0 && NOINTENT && busy == 0 && LANDED &&
       !(EQUAL) -> assert(false) }
  :: atomic { timeout -> assert(busy == 0 && NOINTENT && !kl && nsh == 0 && (!open || synced)) }
  od
}

init {
  atomic {
    run Writer();
#if NW > 1
    run Writer();
#endif
    run Puller();
#if NP > 1
    run Puller();
#endif
    run Backfill(); run Net(); run Controller();
#ifdef LOSE
    run Lose();
#endif
#ifdef REG
    run Report(); run Lease(); run Drain();
#endif
    run Quiet()
  }
}
