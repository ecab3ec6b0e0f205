-- Contacts before (src_a) and after (src_b) a change of every column, the destination, and the mapping of the benchmark's job.
-- psql variable: rows.
CREATE FUNCTION contacts(rows bigint, shift integer) RETURNS TABLE (
    id bigint, mail text, first_name text, last_name text, company text, phone text, city text,
    visits integer, balance numeric(12, 2), active boolean, created_at timestamptz, updated_at timestamptz
) LANGUAGE sql IMMUTABLE AS $$
    SELECT i,
        'person' || i || '.' || shift || '@company' || (i % 5000) || '.example',
        (ARRAY['Ada', 'Blaise', 'Carl', 'Daniel', 'Emmy', 'Felix', 'Grace'])[1 + (i + shift) % 7],
        (ARRAY['Lovelace', 'Pascal', 'Gauss', 'Bernoulli', 'Noether', 'Klein', 'Hopper', 'Turing'])[1 + (i / 7 + shift) % 8],
        'Company ' || ((i + shift) % 5000) || ' Ltd',
        '+33 1 ' || lpad(((i * 7919 + shift) % 100000000)::text, 8, '0'),
        (ARRAY['Paris', 'Lyon', 'Marseille', 'Lille', 'Nantes', 'Toulouse', 'Nice', 'Rennes', 'Brest'])[1 + (i + shift) % 9],
        ((i * 31 + shift) % 1000)::integer,
        ((i * 17 + shift) % 10000000 / 100.0)::numeric(12, 2),
        (i + shift) % 2 = 0,
        timestamptz '2020-01-01 00:00:00+00' + (i + shift) * interval '1 second',
        timestamptz '2024-01-01 00:00:00+00' + (i + shift) * interval '3 seconds'
    FROM generate_series(1, rows) i
$$;
CREATE TABLE src_a AS SELECT * FROM contacts(:rows, 0);
CREATE TABLE src_b AS SELECT * FROM contacts(:rows, 1);
-- src_b with visits as text, all well (src_c) and with 5 % that are no number (src_d).
CREATE TABLE src_c AS SELECT id, mail, first_name, last_name, company, phone, city, visits::text AS visits, balance, active,
    created_at, updated_at FROM src_b;
CREATE TABLE src_d AS SELECT id, mail, first_name, last_name, company, phone, city,
    CASE WHEN id % 20 = 0 THEN 'n/a' ELSE visits END AS visits, balance, active, created_at, updated_at FROM src_c;
CREATE TABLE few AS SELECT * FROM src_b ORDER BY id LIMIT 100;
ALTER TABLE src_a ADD PRIMARY KEY (id);
ALTER TABLE src_c ADD PRIMARY KEY (id);
ALTER TABLE src_d ADD PRIMARY KEY (id);
ALTER TABLE few ADD PRIMARY KEY (id);
ALTER TABLE src_b ADD PRIMARY KEY (id);
CREATE TABLE dst (
    id bigint PRIMARY KEY, email text, full_name text, company text, phone text, city text,
    visits bigint, balance numeric(12, 2), active boolean, created_at timestamptz, updated_at timestamptz
);
CREATE VIEW mapped_a AS SELECT id, mail AS email, first_name || ' ' || last_name AS full_name, company, phone, city,
    visits::bigint AS visits, balance, active, created_at, updated_at FROM src_a;
CREATE VIEW mapped_b AS SELECT id, mail AS email, first_name || ' ' || last_name AS full_name, company, phone, city,
    visits::bigint AS visits, balance, active, created_at, updated_at FROM src_b;
VACUUM ANALYZE src_a, src_b, src_c, src_d, few;
