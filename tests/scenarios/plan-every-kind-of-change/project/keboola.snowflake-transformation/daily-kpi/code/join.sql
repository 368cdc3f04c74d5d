CREATE OR REPLACE TABLE "joined" AS
SELECT o.*, r.amount
FROM "orders" o
LEFT JOIN "refunds" r ON r.order_id = o.id
WHERE o.valid
ORDER BY o.id;

DROP TABLE "refunds";
