using System.Globalization;
using System.Text;
using Scriban.Syntax;

namespace Scriban.Runtime;

/// <summary>What the binary operators mean for the types of their operands.</summary>
internal static class Operators
{
    private const int LongestRepetition = 1 << 20;

    public static object? Evaluate(Expression source, string operation, object? left, object? right)
    {
        try
        {
            return Select(source, operation, Simplify(left), Simplify(right));
        }
        catch (ArithmeticException cause)
        {
            throw source.Error(cause.Message, cause);
        }
    }

    private static object? Simplify(object? value) => value switch
    {
        char letter => letter.ToString(),
        _ when Values.TryNormalizeNumber(value, out var number) => number,
        _ => value,
    };

    private static object? Select(Expression source, string operation, object? left, object? right) => (left, right) switch
    {
        (string, _) or (_, string) => OnStrings(source, operation, left, right),
        (EmptyObject, _) => OnEmpty(operation, right),
        (_, EmptyObject) => OnEmpty(operation, left),
        (null, _) or (_, null) => OnNull(operation, left is null && right is null),
        (double, _) or (_, double) => OnDoubles(source, operation, Values.ToDouble(source, left), Values.ToDouble(source, right)),
        (int or long, _) or (_, int or long) => OnIntegers(source, operation, Values.ToLong(source, left), Values.ToLong(source, right)),
        _ => operation switch
        {
            "==" => left.Equals(right),
            "!=" => !left.Equals(right),
            _ => throw Unsupported(source, operation, left, right),
        },
    };

    private static object OnStrings(Expression source, string operation, object? left, object? right)
    {
        if (operation == "*") return Repeat(source, left, right);
        var leftText = Values.ToText(source, left) ?? "";
        var rightText = Values.ToText(source, right) ?? "";
        if (operation == "+") return leftText + rightText;
        return Compare(operation, string.Compare(leftText, rightText, ignoreCase: false, CultureInfo.InvariantCulture))
            ?? throw source.Error($"Operator `{operation}` is not supported on string objects");
    }

    private static string Repeat(Expression source, object? left, object? right)
    {
        var (text, count) = right is string ? ((string)right, left) : ((string)left!, right);
        if (count is not int times)
        {
            throw source.Error(
                "Expecting an integer. The operator `*` is not supported for the expression. Only working on string x int or int x string");
        }

        if ((long)text.Length * times > LongestRepetition)
            throw source.Error($"The repeated string would be longer than `{LongestRepetition}` characters");
        return new StringBuilder().Insert(0, text, Math.Max(0, times)).ToString();
    }

    private static object? OnEmpty(string operation, object? against)
    {
        var isEmpty = Values.IsEmpty(against);
        return operation switch
        {
            "==" or "<=" or ">=" => isEmpty,
            "!=" => isEmpty is bool known ? !known : null,
            "<" or ">" => false,
            _ => EmptyObject.Instance,
        };
    }

    private static object? OnNull(string operation, bool both) => operation switch
    {
        "==" => both,
        "!=" => !both,
        "<" or ">" or "<=" or ">=" => false,
        _ => null,
    };

    private static object OnDoubles(Expression source, string operation, double left, double right) => operation switch
    {
        "+" => left + right,
        "-" => left - right,
        "*" => left * right,
        "/" => left / right,
        "//" => Math.Round(left / right),
        "%" => left % right,
        // Not through Compare: NaN equals nothing, itself included.
        "==" => left.Equals(right) && !double.IsNaN(left),
        "!=" => !left.Equals(right) || double.IsNaN(left),
        "<" => left < right,
        "<=" => left <= right,
        ">" => left > right,
        ">=" => left >= right,
        _ => throw Unsupported(source, operation, left, right),
    };

    private static object OnIntegers(Expression source, string operation, long left, long right) => operation switch
    {
        "+" => Values.FitInteger(checked(left + right)),
        "-" => Values.FitInteger(checked(left - right)),
        "*" => Values.FitInteger(checked(left * right)),
        "/" => (double)left / right,
        "//" => Values.FitInteger(left / right),
        "%" => Values.FitInteger(left % right),
        ".." => new ScriptRange(left, right),
        "..<" => left == right ? ScriptRange.Empty : new ScriptRange(left, left < right ? right - 1 : right + 1),
        _ => Compare(operation, left.CompareTo(right)) ?? throw Unsupported(source, operation, left, right),
    };

    private static object? Compare(string operation, int order) => operation switch
    {
        "==" => order == 0,
        "!=" => order != 0,
        "<" => order < 0,
        "<=" => order <= 0,
        ">" => order > 0,
        ">=" => order >= 0,
        _ => null,
    };

    private static ScriptRuntimeException Unsupported(Expression source, string operation, object left, object right) =>
        source.Error($"The operator `{operation}` is not supported between a {Values.KindOf(left)} and a {Values.KindOf(right)}");
}
