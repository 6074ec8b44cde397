-- Who did what and when. Events are appended; nobody changes them, and they go only when their retention is over.
CREATE TABLE audit_events (
  id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  occurred_at timestamptz NOT NULL DEFAULT now() CHECK (isfinite(occurred_at)),
  actor       text        NOT NULL CHECK (length(actor) BETWEEN 1 AND 64),
  address     text        CHECK (length(address) <= 64),
  action      text        NOT NULL CHECK (action ~ '^[a-z]+(\.[a-z]+)+$'),
  subject     text        NOT NULL CHECK (length(subject) <= 200),
  request_id  text        CHECK (length(request_id) <= 64),
  hold        boolean     NOT NULL DEFAULT false,
  detail      jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(detail) = 'object')
);

COMMENT ON COLUMN audit_events.actor IS 'As the request names its user; not proven by this service';
COMMENT ON COLUMN audit_events.address IS 'Where the request came from; null for scheduled work';
COMMENT ON COLUMN audit_events.hold IS 'Evidence under legal hold: never deleted until somebody releases it';

-- Exports and retention both walk the events in this order.
CREATE INDEX audit_events_in_time ON audit_events (occurred_at, id);
CREATE INDEX audit_events_held ON audit_events (occurred_at) WHERE hold;

-- The owner of the table is refused as well. Ninety days is the minimum; the configured retention may only be longer.
CREATE FUNCTION audit_events_refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audit events are never truncated' USING ERRCODE = 'restrict_violation';
  ELSIF TG_OP = 'DELETE' THEN
    IF OLD.hold THEN
      RAISE EXCEPTION 'audit event % is under legal hold', OLD.id USING ERRCODE = 'restrict_violation';
    ELSIF OLD.occurred_at > now() - interval '90 days' THEN
      RAISE EXCEPTION 'audit event % is younger than 90 days', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
  ELSIF to_jsonb(NEW) - 'hold' IS DISTINCT FROM to_jsonb(OLD) - 'hold' THEN
    RAISE EXCEPTION 'audit event % cannot be changed, except for its hold', OLD.id USING ERRCODE = 'restrict_violation';
  ELSIF OLD.hold AND NOT NEW.hold THEN
    INSERT INTO public.audit_events (actor, action, subject) VALUES (session_user, 'audit.hold.released', 'audit_events/' || OLD.id);
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE ON audit_events FOR EACH ROW EXECUTE FUNCTION audit_events_refuse();
CREATE TRIGGER audit_events_never_empty BEFORE TRUNCATE ON audit_events FOR EACH STATEMENT EXECUTE FUNCTION audit_events_refuse();
