import { auditRecord } from '../record/record.ts';
import { BASE, OWNER, WORKER } from './audit-names.ts';
import { PRODUCER_COLUMNS } from './tool-calls-table.ts';

const names = Object.keys(auditRecord.shape);
const columns = names.join(', ');
const typed = names.map((name) => `${name} ${PRODUCER_COLUMNS[name as keyof typeof PRODUCER_COLUMNS]}`).join(', ');

/** What it raises for a record that can never be stored. */
export const POISON = 'CWA01';

export const APPEND_SIGNATURE = 'audit.append(text, uuid[], json, bytea, json)';

/** The month of an event id, and the first id of a month (RFC 9562 §5.7: 48 bits of milliseconds come first). */
const MONTH_OF = `CREATE OR REPLACE FUNCTION ${BASE}.month_of(id uuid) RETURNS timestamp LANGUAGE sql IMMUTABLE STRICT
RETURN date_trunc('month', to_timestamp(('x' || translate(left(id::text, 13), '-', ''))::bit(48)::bigint / 1000.0) AT TIME ZONE 'UTC')`;

const FIRST_ID = `CREATE OR REPLACE FUNCTION ${BASE}.first_id(month timestamp) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT
RETURN rpad(lpad(to_hex((extract(epoch FROM month) * 1000)::bigint), 12, '0'), 32, '0')::uuid`;

/**
 * Made apart and then attached: `CREATE TABLE … PARTITION OF` would wait for whoever reads the trail, and everybody else would wait behind it.
 * A day ahead is what clocks may differ by; ids beyond that would make partitions without end.
 */
const ADD_PARTITIONS = `CREATE OR REPLACE FUNCTION ${BASE}.add_partitions(ids uuid[]) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  month timestamp;
  last timestamp;
  partition text;
BEGIN
  SELECT ${BASE}.month_of(id) INTO month FROM unnest(ids) id ORDER BY id LIMIT 1;
  SELECT ${BASE}.month_of(id) INTO last FROM unnest(ids) id ORDER BY id DESC LIMIT 1;
  IF last > (now() AT TIME ZONE 'UTC') + interval '1 day' OR month < '2024-01-01' THEN
    RAISE EXCEPTION USING ERRCODE = '${POISON}', MESSAGE = 'the event id is of a month that cannot be';
  END IF;
  FOR month IN SELECT generate_series(month, last, interval '1 month') LOOP
    partition := 'tool_calls_' || to_char(month, 'YYYY_MM');
    CONTINUE WHEN to_regclass('${BASE}.' || partition) IS NOT NULL
      OR NOT EXISTS (SELECT FROM unnest(ids) id WHERE ${BASE}.month_of(id) = month);
    EXECUTE format('CREATE TABLE ${BASE}.%I (LIKE ${BASE}.tool_calls INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition);
    EXECUTE format('ALTER TABLE ${BASE}.tool_calls ATTACH PARTITION ${BASE}.%I FOR VALUES FROM (%L) TO (%L)',
      partition, ${BASE}.first_id(month), ${BASE}.first_id(month + interval '1 month'));
    EXECUTE format('CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON ${BASE}.%I EXECUTE FUNCTION ${BASE}.refuse_change()', partition);
  END LOOP;
END $$`;

/**
 * All that the worker may do: one call stores a batch, whole or not at all. Under the chain's lock it drops the ids that are known, continues the
 * chain (hash = SHA-256(previous || leaf)), inserts, and says from where to where, so that the worker can compute it again. Set by set; only the hashes, each of which needs the one
 * before, are a loop. (Measured per row: 30 µs, of which reading the JSON is half; as `jsonb` it was 50, row by row 120.)
 */
const APPEND = `CREATE FUNCTION audit.append(p_chain text, p_ids uuid[], p_records json, p_leaves bytea, p_dead json)
RETURNS TABLE (prev_seq bigint, prev_hash bytea, chain_seq bigint, hash bytea, known json)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
  v_seq bigint;
  v_start bytea;
  v_hash bytea;
  v_fresh integer[];
  v_hashes bytea[] := '{}';
  v_known json;
  v_n integer;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'audit.append needs READ COMMITTED: behind the chain''s lock it must see what others committed';
  END IF;
  IF octet_length(p_leaves) <> 32 * cardinality(p_ids) OR json_array_length(p_records) <> cardinality(p_ids) THEN
    RAISE EXCEPTION 'audit.append wants one id and one leaf of 32 bytes for each record';
  END IF;
  INSERT INTO ${BASE}.chains (chain, chain_seq, hash) VALUES (p_chain, 0, decode(repeat('00', 32), 'hex')) ON CONFLICT DO NOTHING;
  SELECT c.chain_seq, c.hash INTO STRICT v_seq, v_start FROM ${BASE}.chains c WHERE c.chain = p_chain FOR UPDATE;

  PERFORM ${BASE}.bury(p_dead);

  SELECT array_agg(f.n ORDER BY f.n) INTO v_fresh FROM (
    SELECT min(g.n)::integer AS n FROM unnest(p_ids) WITH ORDINALITY g(id, n)
    WHERE NOT EXISTS (SELECT FROM ${BASE}.tool_calls t WHERE t.event_id = g.id)
    GROUP BY g.id
  ) f;
  IF cardinality(p_ids) > coalesce(cardinality(v_fresh), 0) THEN
    PERFORM ${BASE}.refuse_other_events(p_records);
    SELECT json_agg(json_build_object('n', g.n, 'chain', t.chain, 'chainSeq', t.chain_seq,
      'prevHash', encode(t.prev_hash, 'hex'), 'hash', encode(t.hash, 'hex'))) INTO v_known
    FROM unnest(p_ids) WITH ORDINALITY g(id, n) JOIN ${BASE}.tool_calls t ON t.event_id = g.id;
  END IF;
  IF v_fresh IS NULL THEN
    RETURN QUERY SELECT v_seq, v_start, v_seq, v_start, v_known;
    RETURN;
  END IF;

  PERFORM ${BASE}.add_partitions(p_ids);
  v_hash := v_start;
  FOREACH v_n IN ARRAY v_fresh LOOP
    v_hash := sha256(v_hash || substring(p_leaves FROM 32 * v_n - 31 FOR 32));
    v_hashes := array_append(v_hashes, v_hash);
  END LOOP;
  INSERT INTO ${BASE}.tool_calls (${columns}, chain, chain_seq, prev_hash, hash, stored_at)
  SELECT ${names.map((name) => `r.${name}`).join(', ')}, p_chain, v_seq + h.k, h.prev_hash, h.hash, now()
  FROM ROWS FROM (json_to_recordset(p_records) AS (${typed})) WITH ORDINALITY r(${columns}, n)
  JOIN ROWS FROM (unnest(v_fresh), unnest(v_start || v_hashes), unnest(v_hashes)) WITH ORDINALITY h(n, prev_hash, hash, k) ON h.n = r.n
  ORDER BY h.k;
  UPDATE ${BASE}.chains c SET chain_seq = v_seq + cardinality(v_fresh), hash = v_hash WHERE c.chain = p_chain;
  RETURN QUERY SELECT v_seq, v_start, v_seq + cardinality(v_fresh), v_hash, v_known;
END $$`;

/** The same id is the same event, or something is wrong: an event must not vanish because its id is taken. */
const REFUSE_OTHER_EVENTS = `CREATE OR REPLACE FUNCTION ${BASE}.refuse_other_events(p_records json) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (
    SELECT FROM json_to_recordset(p_records) AS r(event_id uuid, producer uuid, producer_seq bigint)
    JOIN ${BASE}.tool_calls t ON t.event_id = r.event_id WHERE (t.producer, t.producer_seq) <> (r.producer, r.producer_seq)
  ) OR EXISTS (
    SELECT FROM json_to_recordset(p_records) AS r(event_id uuid, producer uuid, producer_seq bigint)
    GROUP BY r.event_id HAVING count(DISTINCT (r.producer, r.producer_seq)) > 1
  ) THEN
    RAISE EXCEPTION USING ERRCODE = '${POISON}', MESSAGE = 'the event id belongs to another event';
  END IF;
END $$`;

/** Each dead letter once. Forged batches are kept as a sample only: whoever can write to the queue must not be able to fill the warehouse. */
const BURY = `CREATE OR REPLACE FUNCTION ${BASE}.bury(p_dead json) RETURNS void LANGUAGE sql
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  INSERT INTO ${BASE}.dead_letters (digest, batch, producer, producer_seq, reason, content)
  SELECT sha256(convert_to(concat_ws(E'\\n', d.batch, d.reason, d.content), 'UTF8')), d.batch, d.producer, d.producer_seq, d.reason, d.content
  FROM json_to_recordset(p_dead) AS d(batch text, producer uuid, producer_seq bigint, reason text, content text)
  WHERE d.producer IS NOT NULL
    OR (SELECT count(*) FROM ${BASE}.dead_letters x WHERE x.producer IS NULL AND x.buried_at > now() - interval '1 hour') < 100
  ON CONFLICT (digest) DO NOTHING;
END`;

export const APPEND_STATEMENTS: readonly string[] = [
  MONTH_OF,
  FIRST_ID,
  ADD_PARTITIONS,
  REFUSE_OTHER_EVENTS,
  BURY,
  // What a function returns cannot be replaced.
  `DROP FUNCTION IF EXISTS ${APPEND_SIGNATURE}`,
  APPEND,
  `ALTER FUNCTION ${APPEND_SIGNATURE} OWNER TO ${OWNER}`,
  `REVOKE ALL ON FUNCTION ${APPEND_SIGNATURE} FROM PUBLIC`,
  `GRANT EXECUTE ON FUNCTION ${APPEND_SIGNATURE} TO ${WORKER}`,
  ...[
    'month_of(uuid)',
    'first_id(timestamp)',
    'add_partitions(uuid[])',
    'refuse_other_events(json)',
    'bury(json)',
  ].flatMap((signature) => [
    `ALTER FUNCTION ${BASE}.${signature} OWNER TO ${OWNER}`,
    `REVOKE ALL ON FUNCTION ${BASE}.${signature} FROM PUBLIC`,
  ]),
];
