using Scriban.Runtime;

namespace Scriban.Functions;

internal static class MathFunctions
{
    public static ScriptObject CreateModule()
    {
        var module = new ScriptObject();
        module.Define("abs", 1, a => Number(a) switch
        {
            int value => Values.FitInteger(Math.Abs((long)value)),
            long value => Math.Abs(value),
            var value => Math.Abs((double)value),
        });
        module.Define("ceil", 1, a => Math.Ceiling(Real(a, 0)));
        module.Define("floor", 1, a => Math.Floor(Real(a, 0)));
        module.Define("round", 1, a => Math.Round(Real(a, 0), a.Int(1)), optional: 1);
        module.Define("plus", 2, a => Operators.Evaluate(a.Caller, "+", a[0], a[1]));
        module.Define("minus", 2, a => Operators.Evaluate(a.Caller, "-", a[0], a[1]));
        module.Define("times", 2, a => Operators.Evaluate(a.Caller, "*", a[0], a[1]));
        module.Define("modulo", 2, a => Operators.Evaluate(a.Caller, "%", a[0], a[1]));
        module.Define("divided_by", 2, DividedBy);
        return module.Sealed();
    }

    // A whole divisor gives the whole part of the quotient.
    private static object DividedBy(Arguments a)
    {
        var quotient = Real(a, 0) / Real(a, 1);
        if (a[1] is double or float or decimal) return quotient;
        return Values.FitInteger(checked((long)Math.Floor(quotient)));
    }

    private static object Number(Arguments a) =>
        Values.TryNormalizeNumber(a[0], out var number) ? number : throw a.Caller.Error($"Expecting a number instead of the {Values.KindOf(a[0]) ?? "null"} `{a.Text(0)}`");

    private static double Real(Arguments a, int index) => Values.ToDouble(a.Caller, a[index]);
}
