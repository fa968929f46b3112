import { expect, it } from "vitest";
import { columnsOf, nameFor, newClass, titleOf, withColumn, withoutColumn } from "./columns";

const SOURCE = `class Money(BaseModel):
    amount: float

class Report(BaseModel):
    """A report."""
    total_net_sales: float | None = Field(None, description="Total \\"net\\" sales")
    end: Optional[date] = None
`;

it("reads the fields of the main class", () => {
  expect(columnsOf(SOURCE)).toEqual([
    { name: "total_net_sales", kind: "number", question: 'Total "net" sales' },
    { name: "end", kind: "date", question: "" },
  ]);
});

it("adds a column that it reads again, whatever the question says", () => {
  const question = 'Who "signed"?\nimport os \\ {x}';
  const longer = withColumn(SOURCE, { name: "signer", kind: "text", question });
  expect(longer.split("\n").filter((line) => line.includes("import os"))).toHaveLength(1);
  expect(columnsOf(longer).at(-1)).toEqual({ name: "signer", kind: "text", question: 'Who "signed"? import os \\ {x}' });
  expect(columnsOf(withoutColumn(longer, "signer"))).toEqual(columnsOf(SOURCE));
});

it("makes a class of a grid's name and its first question", () => {
  const source = newClass("2023: Verträge & Co", [{ name: "law", kind: "choice", question: "Which law?", choices: ["Swiss", "German"] }]);
  expect(source).toMatch(/^class \w+\(BaseModel\):\n {4}law: Literal\["Swiss", "German"\] \| None = Field/);
});

it("names a column by the telling words of its question, once", () => {
  expect(nameFor("What is the governing law of the contract?", [])).toBe("governing_law_contract");
  expect(nameFor("What is the governing law of the contract?", ["governing_law_contract"])).toBe("governing_law_contract_2");
  expect(nameFor("After how many months must the battery be replaced?", [])).toBe("months_battery_replaced");
  expect(nameFor("???", [])).toBe("field");
  expect(titleOf("governing_law")).toBe("Governing law");
});
