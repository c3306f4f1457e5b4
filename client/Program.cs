System.Console.WriteLine("stress");
