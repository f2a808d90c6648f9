using System.Collections;
using System.Globalization;
using System.Text;
using Scriban.Functions;
using Scriban.Syntax;

namespace Scriban.Runtime;

/// <summary>What values count as, and how they are written.</summary>
internal static class Values
{
    // An object that contains itself would be written forever.
    private const int DepthLimit = 100;

    /// <summary>Everything is true except null, false and <c>empty</c>: 0 and "" are true.</summary>
    public static bool IsTrue(object? value) => value switch
    {
        null or EmptyObject => false,
        bool truth => truth,
        _ => true,
    };

    /// <summary>Null where the question makes no sense: for null itself.</summary>
    public static object? IsEmpty(object? value) => value switch
    {
        null => null,
        EmptyObject => true,
        string text => text.Length == 0,
        IEnumerable items => !items.Cast<object?>().Any(),
        _ => false,
    };

    /// <summary>The text that a template writes for a value; null for null.</summary>
    public static string? ToText(object? value) => value switch
    {
        null or EmptyObject => null,
        string text => text,
        _ => Append(new StringBuilder(), value, 0).ToString(),
    };

    /// <summary>The same for the value of an expression, which an error then names.</summary>
    public static string? ToText(Expression source, object? value)
    {
        try
        {
            return ToText(value);
        }
        catch (Exception cause) when (cause is not ScriptRuntimeException)
        {
            throw source.Error(cause.Message, cause);
        }
    }

    /// <summary>The kind of a value: string, boolean, number, array, iterator or object; null for null.</summary>
    public static string? KindOf(object? value) => value switch
    {
        null => null,
        bool => "boolean",
        string => "string",
        _ when TryNormalizeNumber(value, out _) => "number",
        IScriptObject or IDictionary => "object",
        IList => "array",
        IEnumerable => "iterator",
        _ => "object",
    };

    private static StringBuilder Append(StringBuilder text, object? value, int depth)
    {
        if (depth > DepthLimit)
            throw new InvalidOperationException("Structure is too deeply nested or contains reference loops.");
        return value switch
        {
            null or EmptyObject => text.Append("null"),
            string part => text.Append('"').Append(StringFunctions.Escape(part)).Append('"'),
            bool truth => text.Append(truth ? "true" : "false"),
            IFormattable number => text.Append(number.ToString(format: null, CultureInfo.InvariantCulture)),
            NativeFunction => text.Append("<function>"),
            ScriptObject members => AppendObject(text, members, depth),
            KeyValuePair<string, object?> pair => AppendObject(text, [new("key", pair.Key), new("value", pair.Value)], depth),
            DictionaryEntry pair => AppendObject(text, [new("key", pair.Key), new("value", pair.Value)], depth),
            IDictionary dictionary => AppendList(text, dictionary.Cast<object?>(), depth),
            IEnumerable items => AppendList(text, items.Cast<object?>(), depth),
            _ => text.Append(value),
        };
    }

    private static StringBuilder AppendObject(StringBuilder text, IEnumerable<KeyValuePair<string, object?>> members, int depth)
    {
        text.Append('{');
        var separator = "";
        foreach (var (name, value) in members)
        {
            text.Append(separator).Append(name).Append(": ");
            Append(text, value, depth + 1);
            separator = ", ";
        }

        return text.Append('}');
    }

    private static StringBuilder AppendList(StringBuilder text, IEnumerable<object?> items, int depth)
    {
        text.Append('[');
        var separator = "";
        foreach (var item in items)
        {
            Append(text.Append(separator), item, depth + 1);
            separator = ", ";
        }

        return text.Append(']');
    }

    /// <summary>Brings the .NET number types to the three that templates compute with: int, long and double.</summary>
    public static bool TryNormalizeNumber(object? value, out object number)
    {
        switch (value)
        {
            case int or long or double:
                number = value;
                return true;
            case sbyte or byte or short or ushort or uint:
                number = FitInteger(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                return true;
            case ulong large when large <= long.MaxValue:
                number = FitInteger((long)large);
                return true;
            case ulong or float or decimal:
                number = Convert.ToDouble(value, CultureInfo.InvariantCulture);
                return true;
            default:
                number = 0;
                return false;
        }
    }

    public static object FitInteger(long value) => value is >= int.MinValue and <= int.MaxValue ? (object)(int)value : value;

    public static int ToInt(Expression source, object? value) => ConvertTo(source, value, Convert.ToInt32, "int");

    public static long ToLong(Expression source, object? value) => ConvertTo(source, value, Convert.ToInt64, "long");

    public static double ToDouble(Expression source, object? value) => ConvertTo(source, value, Convert.ToDouble, "double");

    private static T ConvertTo<T>(Expression source, object? value, Func<object?, IFormatProvider, T> convert, string type)
    {
        try
        {
            return convert(value, CultureInfo.InvariantCulture);
        }
        catch (Exception cause) when (cause is FormatException or InvalidCastException or OverflowException)
        {
            throw source.Error($"Unable to convert type `{value?.GetType().Name}` to {type}", cause);
        }
    }
}
