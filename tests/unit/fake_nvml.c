/* A stand-in for libnvidia-ml.so.1, NVIDIA's management library: made-up cards that use energy in real time.

   Build:  gcc -O1 -Wall -shared -fPIC -o FOLDER/libnvidia-ml.so.1 fake_nvml.c
   Use:    LD_LIBRARY_PATH=FOLDER FAKE_NVML="watts=250 name=Fake_A; watts=70 counter_error=3" program ...
           or load it by ctypes and call fake_cards() and fake_set().

   FAKE_NVML: cards separated by `;`, settings of a card (at least one) by spaces, each key=value.

   uuid=GPU-...          default GPU-00000000-0000-0000-0000-00000000000<index>
   name=TEXT             model, an underscore for each space (Fake_GPU)
   watts=W               power from now on (100); the counter has risen by so much since the machine started,
                         so that it goes on from one process to the next
   tick_ms=MS            whole milliseconds between two renewals of the counter, at least 1 (100)
   stuck=1               the counter stands still
   counter_error=CODE    asking for the counter answers with this code of nvmlReturn_t: 3 not supported, 4 no permission ...
   power_error=CODE      likewise the power
   instant_watts=W       power by the field NVML_FI_DEV_POWER_INSTANT; 0: there is no such field (0)
   architecture=N        as NVML counts: 5 Volta, 7 Ampere, 9 Hopper; below 0: asking answers 999, unknown error (5)
   extras_error=CODE     likewise all that is neither counter, power, setting, UUID nor name
   power_limit_w=, default_power_limit_w=, application_clock_mhz=, application_memory_clock_mhz=, persistence=, ecc=
                         settings (250, 300, 1400, 5000, 1, 0); below 0: not supported
   handle_error=CODE     likewise the handle, without which nothing can be asked: 4 is a card of another job
   lost_after_s=S        seconds from now until the card is off the bus: all calls answer 15, GPU is lost
   reset_after_s=S       seconds from now until the counter starts at 0 again
   temperature_c=, clock_mhz=, memory_clock_mhz=, utilization_percent=, memory_mib=   (40, 1500, 5000, 0, 100)
   throttle=MASK         bits of nvmlClocksEventReasons (0x1, idle)
   pids=N,N,...          compute processes on the card (none)
   init_error=CODE       of the library, whichever card it stands with: nvmlInit answers with it (9 driver not loaded)

   Energy is counted in whole milliseconds and microjoules, exactly. Not thread-safe. */

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SUCCESS = 0, UNINITIALIZED = 1, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, NOT_FOUND = 6, INSUFFICIENT_SIZE = 7 };
enum { GPU_IS_LOST = 15, UNKNOWN_ERROR = 999 };
enum { CARDS = 16, PIDS = 16, TEXT = 96, CLOCK_MEMORY = 2, POWER_INSTANT = 186, VALUE_UNSIGNED_INT = 1 };

typedef struct {
    char uuid[TEXT], name[TEXT];
    unsigned pids[PIDS], pid_count;
    double watts, tick_ms, stuck, counter_error, power_error, extras_error, handle_error, lost_after_s, reset_after_s;
    double temperature_c, clock_mhz, memory_clock_mhz, utilization_percent, memory_mib, throttle, init_error;
    double instant_watts, architecture, power_limit_w, default_power_limit_w, persistence, ecc;
    double application_clock_mhz, application_memory_clock_mhz;
    long long since_ms, energy_uj; /* the energy at the moment since which `watts` holds */
    long long shown_uj;            /* what the counter showed at that moment */
    long long lost_at_ms, reset_at_ms;
} Card;

static const struct { const char *key; size_t offset; } NUMBERS[] = {
#define NUMBER(key) { #key, offsetof(Card, key) }
    NUMBER(watts), NUMBER(tick_ms), NUMBER(stuck), NUMBER(counter_error), NUMBER(power_error), NUMBER(extras_error),
    NUMBER(handle_error), NUMBER(lost_after_s), NUMBER(reset_after_s), NUMBER(temperature_c), NUMBER(clock_mhz),
    NUMBER(memory_clock_mhz), NUMBER(utilization_percent), NUMBER(memory_mib), NUMBER(throttle), NUMBER(init_error),
    NUMBER(instant_watts), NUMBER(architecture), NUMBER(power_limit_w), NUMBER(default_power_limit_w), NUMBER(persistence),
    NUMBER(ecc), NUMBER(application_clock_mhz), NUMBER(application_memory_clock_mhz),
};

typedef struct { unsigned gpu, memory; } Utilization; /* these four as in nvml.h */
typedef struct { unsigned long long total, free, used; } Memory;
typedef struct { unsigned pid; unsigned long long memory; unsigned gpu_instance, compute_instance; } Process;
typedef struct {
    unsigned field, scope;
    long long timestamp, latency_us;
    int type, code;
    union { unsigned number; unsigned long long widest; } value;
} FieldValue;

static Card cards[CARDS];
static unsigned card_count;
static int inits, init_error, configured;

static long long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static long long energy_uj(const Card *card, long long at_ms) { /* milliwatts x milliseconds are microjoules */
    return card->energy_uj + (long long)(card->watts * 1000) * (at_ms - card->since_ms);
}

static long long counter_uj(const Card *card) {
    long long tick_ms = (long long)card->tick_ms, last_tick_ms = now_ms() / tick_ms * tick_ms;
    return card->stuck || last_tick_ms <= card->since_ms ? card->shown_uj : energy_uj(card, last_tick_ms);
}

/* Book what has been used so far, before something changes. */
static void settle(Card *card) {
    long long now = now_ms();
    card->shown_uj = counter_uj(card);
    card->energy_uj = energy_uj(card, now);
    card->since_ms = now;
}

static void put(Card *card, const char *key, const char *value) {
    if (!strcmp(key, "uuid")) {
        snprintf(card->uuid, TEXT, "%s", value);
    } else if (!strcmp(key, "name")) {
        snprintf(card->name, TEXT, "%s", value);
        for (char *c = card->name; *c; c++) if (*c == '_') *c = ' ';
    } else if (!strcmp(key, "pids")) {
        char *rest = (char *)value;
        for (card->pid_count = 0; *rest && card->pid_count < PIDS; rest += *rest == ',')
            card->pids[card->pid_count++] = strtoul(rest, &rest, 10);
    } else {
        size_t i = 0, known = sizeof NUMBERS / sizeof *NUMBERS;
        char *end;
        while (i < known && strcmp(key, NUMBERS[i].key)) i++;
        double number = strtod(value, &end);
        if (i == known || *end || end == value || (!strcmp(key, "tick_ms") && number < 1)) {
            fprintf(stderr, "fake_nvml: %s=%s: unknown key, or no number that it can take\n", key, value);
            abort();
        }
        *(double *)((char *)card + NUMBERS[i].offset) = number;
        if (!strcmp(key, "lost_after_s")) card->lost_at_ms = now_ms() + (long long)(number * 1000);
        if (!strcmp(key, "reset_after_s")) card->reset_at_ms = now_ms() + (long long)(number * 1000);
        if (!strcmp(key, "init_error")) init_error = (int)number;
    }
}

static void put_all(Card *card, char *settings) {
    char *rest, *setting = strtok_r(settings, " \t\n", &rest);
    for (; setting; setting = strtok_r(NULL, " \t\n", &rest)) {
        char *equals = strchr(setting, '=');
        if (equals) *equals = 0;
        put(card, setting, equals ? equals + 1 : "");
    }
}

/* Replace all cards by those of a text in the syntax of FAKE_NVML. */
void fake_cards(const char *text) {
    char *copy = strdup(text), *rest, *settings = strtok_r(copy, ";", &rest);
    card_count = init_error = 0;
    configured = 1;
    for (; settings && card_count < CARDS; settings = strtok_r(NULL, ";", &rest)) {
        Card *card = &cards[card_count];
        *card = (Card){.name = "Fake GPU", .watts = 100, .tick_ms = 100, .temperature_c = 40, .clock_mhz = 1500,
                       .memory_clock_mhz = 5000, .memory_mib = 100, .throttle = 1, .architecture = 5,
                       .power_limit_w = 250, .default_power_limit_w = 300, .application_clock_mhz = 1400,
                       .application_memory_clock_mhz = 5000, .persistence = 1};
        snprintf(card->uuid, TEXT, "GPU-00000000-0000-0000-0000-%012u", card_count++);
        put_all(card, settings);
    }
    free(copy);
}

/* Change settings of a card that is running, in the same syntax. */
void fake_set(unsigned index, const char *settings) {
    char *copy = strdup(settings);
    settle(&cards[index]);
    put_all(&cards[index], copy);
    free(copy);
}

/* How many times the library was started and not shut down. */
int fake_inits(void) { return inits; }

/* The code that every question to a card begins with. */
static int state(Card *card) {
    long long now = now_ms();
    if (!inits) return UNINITIALIZED;
    if (card->lost_at_ms && now >= card->lost_at_ms) return GPU_IS_LOST;
    if (card->reset_at_ms && now >= card->reset_at_ms) {
        card->energy_uj = card->shown_uj = 0;
        card->since_ms = card->reset_at_ms;
        card->reset_at_ms = 0;
    }
    return SUCCESS;
}

#define QUESTION(card, error) do { \
        int code = state(card); \
        if (!code) code = (int)(error); \
        if (code) return code; \
    } while (0)

int nvmlInitWithFlags(unsigned flags) {
    (void)flags;
    if (!configured) fake_cards(getenv("FAKE_NVML") ? getenv("FAKE_NVML") : "");
    if (!init_error) inits++;
    return init_error;
}

int nvmlShutdown(void) { return inits ? (inits--, SUCCESS) : UNINITIALIZED; }

const char *nvmlErrorString(int code) { /* pynvml asks only for codes that it does not know itself */
    static char text[TEXT];
    snprintf(text, TEXT, "error %d", code);
    return text;
}

int nvmlSystemGetDriverVersion(char *version, unsigned length) {
    snprintf(version, length, "fake");
    return inits ? SUCCESS : UNINITIALIZED;
}

int nvmlDeviceGetCount_v2(unsigned *count) {
    *count = card_count;
    return inits ? SUCCESS : UNINITIALIZED;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, Card **handle) {
    if (index >= card_count) return INVALID_ARGUMENT;
    *handle = &cards[index];
    QUESTION(*handle, (*handle)->handle_error);
    return SUCCESS;
}

int nvmlDeviceGetHandleByUUID(const char *uuid, Card **handle) {
    for (unsigned index = 0; index < card_count; index++)
        if (!strcmp(cards[index].uuid, uuid)) return nvmlDeviceGetHandleByIndex_v2(index, handle);
    return NOT_FOUND;
}

int nvmlDeviceGetUUID(Card *card, char *uuid, unsigned length) {
    QUESTION(card, 0);
    snprintf(uuid, length, "%s", card->uuid);
    return SUCCESS;
}

int nvmlDeviceGetName(Card *card, char *name, unsigned length) {
    QUESTION(card, 0);
    snprintf(name, length, "%s", card->name);
    return SUCCESS;
}

int nvmlDeviceGetTotalEnergyConsumption(Card *card, unsigned long long *millijoules) {
    QUESTION(card, card->counter_error);
    *millijoules = counter_uj(card) / 1000;
    return SUCCESS;
}

int nvmlDeviceGetPowerUsage(Card *card, unsigned *milliwatts) {
    QUESTION(card, card->power_error);
    *milliwatts = (unsigned)(card->watts * 1000);
    return SUCCESS;
}

int nvmlDeviceGetFieldValues(Card *card, int count, FieldValue *values) {
    QUESTION(card, card->power_error);
    for (FieldValue *each = values; each < values + count; each++) {
        each->code = each->field == POWER_INSTANT && card->instant_watts ? SUCCESS : NOT_SUPPORTED;
        each->type = VALUE_UNSIGNED_INT;
        each->value.number = (unsigned)(card->instant_watts * 1000);
    }
    return SUCCESS;
}

int nvmlDeviceGetArchitecture(Card *card, unsigned *architecture) {
    QUESTION(card, card->architecture < 0 ? UNKNOWN_ERROR : SUCCESS);
    *architecture = (unsigned)card->architecture;
    return SUCCESS;
}

/* Answer a question about a setting: as it is, or that there is none. */
static int set_to(Card *card, double setting, unsigned *answer) {
    QUESTION(card, setting < 0 ? NOT_SUPPORTED : SUCCESS);
    *answer = (unsigned)setting;
    return SUCCESS;
}

int nvmlDeviceGetEnforcedPowerLimit(Card *card, unsigned *milliwatts) {
    return set_to(card, card->power_limit_w * 1000, milliwatts);
}

int nvmlDeviceGetPowerManagementDefaultLimit(Card *card, unsigned *milliwatts) {
    return set_to(card, card->default_power_limit_w * 1000, milliwatts);
}

int nvmlDeviceGetApplicationsClock(Card *card, int type, unsigned *mhz) {
    return set_to(card, type == CLOCK_MEMORY ? card->application_memory_clock_mhz : card->application_clock_mhz, mhz);
}

int nvmlDeviceGetPersistenceMode(Card *card, unsigned *on) { return set_to(card, card->persistence, on); }

int nvmlDeviceGetEccMode(Card *card, unsigned *on, unsigned *after_restart) {
    *after_restart = 0;
    return set_to(card, card->ecc, on);
}

int nvmlDeviceGetTemperature(Card *card, int sensor, unsigned *celsius) {
    (void)sensor;
    QUESTION(card, card->extras_error);
    *celsius = (unsigned)card->temperature_c;
    return SUCCESS;
}

int nvmlDeviceGetClockInfo(Card *card, int type, unsigned *mhz) {
    QUESTION(card, card->extras_error);
    *mhz = (unsigned)(type == CLOCK_MEMORY ? card->memory_clock_mhz : card->clock_mhz);
    return SUCCESS;
}

int nvmlDeviceGetUtilizationRates(Card *card, Utilization *percent) {
    QUESTION(card, card->extras_error);
    percent->gpu = percent->memory = (unsigned)card->utilization_percent;
    return SUCCESS;
}

int nvmlDeviceGetMemoryInfo(Card *card, Memory *bytes) {
    QUESTION(card, card->extras_error);
    bytes->total = 16ULL << 30;
    bytes->used = (unsigned long long)card->memory_mib << 20;
    bytes->free = bytes->total - bytes->used;
    return SUCCESS;
}

int nvmlDeviceGetCurrentClocksEventReasons(Card *card, unsigned long long *mask) {
    QUESTION(card, card->extras_error);
    *mask = (unsigned long long)card->throttle;
    return SUCCESS;
}

int nvmlDeviceGetCurrentClocksThrottleReasons(Card *card, unsigned long long *mask) {
    return nvmlDeviceGetCurrentClocksEventReasons(card, mask);
}

int nvmlDeviceGetComputeRunningProcesses_v3(Card *card, unsigned *count, Process *processes) {
    unsigned room = *count;
    QUESTION(card, card->extras_error);
    *count = card->pid_count;
    if (room < card->pid_count) return INSUFFICIENT_SIZE;
    for (unsigned index = 0; index < card->pid_count; index++) processes[index] = (Process){.pid = card->pids[index]};
    return SUCCESS;
}
