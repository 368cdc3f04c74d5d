-- Orders arrive as text: give the columns their types once, here.
CREATE OR REPLACE TABLE "typed_orders" AS
SELECT
    "order_id",
    TO_DATE("ordered_at") AS "day",
    TO_NUMBER("amount", 12, 2) AS "amount",
    TO_NUMBER("discount", 12, 2) AS "discount"
FROM "orders"
WHERE "status" <> 'cancelled';
