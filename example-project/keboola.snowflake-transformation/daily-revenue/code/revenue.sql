CREATE OR REPLACE TABLE "daily_revenue" AS
SELECT
    "day",
    COUNT(*) AS "orders",
    SUM("amount" - "discount") AS "revenue"
FROM "typed_orders"
WHERE "day" >= DATEADD(day, -{{look_back_days}}, CURRENT_DATE)
GROUP BY "day";

CREATE OR REPLACE TABLE "monthly_revenue" AS
SELECT
    DATE_TRUNC(month, "day") AS "month",
    SUM("revenue") AS "revenue"
FROM "daily_revenue"
GROUP BY 1;
