import { type KafkaEnvironment, kafkaVariables, newConsumer, openPublisher } from "../data/kafka.ts";
import { type Database, openPostgres, type PostgresEnvironment, postgresVariables } from "../data/postgres.ts";
import type { Route, Runtime, Service } from "../role.ts";
import { withActuator } from "./actuator.ts";
import { createDelivery } from "./delivery.ts";
import { deadLetterTopic, type EventType, topics as sagaTopics } from "./events.ts";
import { joinForLife } from "./group-member.ts";
import { startHousekeeping } from "./housekeeping.ts";
import { type Apply, applyOnce } from "./inbox.ts";
import { type Schema, startRelay } from "./outbox.ts";

const everyTopic = Object.values(sagaTopics);

/** Variables of a service that takes part in the saga. */
export const participantVariables = { ...postgresVariables, ...kafkaVariables };

export interface Participant {
  readonly schema: Schema;
  /** Consumer group (T04). */
  readonly group: string;
  /** Topics it listens to. */
  readonly topics: readonly string[];
  /** Events it acts upon; it lets all others pass. */
  readonly actsUpon: readonly EventType[];
  readonly apply: Apply;
  /** Tables its readiness asks for. */
  readonly tables: readonly string[];
  /** Its HTTP interface; `committed` is to be called after a transaction that wrote to the outbox. */
  readonly routes: (database: Database, committed: () => void) => readonly Route[];
}

/** A service of the saga at work: its routes, its outbox's relay and its consumer. */
export function startParticipant(
  participant: Participant,
  environment: PostgresEnvironment & KafkaEnvironment,
  runtime: Runtime,
): Service {
  const { schema, group, topics, actsUpon, apply, tables } = participant;
  const database = openPostgres(environment, runtime);
  const publisher = openPublisher(environment, runtime);
  const relay = startRelay({ database, schema, publish: publisher.publish }, runtime);
  const housekeeping = startHousekeeping(database, schema, runtime);
  const deal = createDelivery(
    {
      group,
      topics,
      publish: publisher.publish,
      async handle(event) {
        if (!actsUpon.includes(event.type)) return;
        const applied = await applyOnce(database, { schema, consumer: group }, event, apply);
        runtime.log.info(
          { type: event.type, orderId: event.orderId, round: event.round },
          applied ? "event applied" : "event applied before",
        );
        relay.wake();
      },
    },
    runtime,
  );
  const member = joinForLife(
    { group, topics, newClient: () => newConsumer(environment, group, runtime), deal },
    runtime,
  );
  const checks = [database.check(tables), publisher.check([...everyTopic, ...everyTopic.map(deadLetterTopic)])];
  return {
    routes: withActuator(participant.routes(database, relay.wake), checks, runtime),
    checks,
    // First what takes work in, then what sends its results out, then what both stand on.
    async close() {
      await member.close();
      housekeeping.close();
      await relay.close();
      await Promise.all([publisher.close(), database.close()]);
    },
  };
}
